/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "common/wire/message.h"
#include "tests/fuzz/fuzz.h"

/* The field that stands next after p in the frame; 0: none does. */
static unsigned
next_field(const struct ba_msg *m, const unsigned char *p)
{
	unsigned tag, next = 0;

	for (tag = 1; tag < BA_TAG_MAX; tag++)
		if (m->field[tag].p != NULL && m->field[tag].p > p &&
		    (next == 0 || m->field[tag].p < m->field[next].p))
			next = tag;
	return next;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const unsigned char *at = p;
	static char text[BA_WIRE_FETCH_MAX];
	struct ba_msg_out out;
	struct ba_buf again;
	struct ba_msg m;
	unsigned tag;
	size_t total;

	if (ba_msg_parse(p, n, &m) != BA_OK) {
		MUST(m.type == 0 && next_field(&m, NULL) == 0);
		return 0;
	}
	MUST(ba_frame_size(p, n, n, &total) == BA_OK && total == n);
	MUST(ba_frame_size(p, n, n - 5, &total) != BA_OK && total == 0);
	/* Put together again from what was read, it is the same frame. */
	ba_buf_init(&again, n);
	ba_msg_begin(&out, &again, m.version, (enum ba_msg_type)m.type);
	while ((tag = next_field(&m, at)) != 0) {
		at = m.field[tag].p;
		MUST(ba_msg_has(&m, (enum ba_tag)tag));
		MUST(at + m.field[tag].n <= p + n);
		if (ba_msg_get_str(&m, (enum ba_tag)tag, text, sizeof(text)) ==
		    BA_OK)
			MUST(strlen(text) == m.field[tag].n);
		ba_msg_put(&out, (enum ba_tag)tag, at, m.field[tag].n);
	}
	MUST(ba_msg_end(&out) == BA_OK);
	MUST(again.len == n && memcmp(again.p, p, n) == 0);
	ba_buf_wipe(&again);
	return 0;
}

/* The frame's length is mended, and three times in four each field's too. */
size_t
LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t max, unsigned int seed)
{
	size_t at, left, size;

	n = LLVMFuzzerMutate(p, n, max);
	if (n < 6 || seed % 8 == 0)
		return n;
	for (at = 6; seed % 4 != 1 && n - at >= 5; at += size) {
		at += 5;
		left = n - at;
		size = (size_t)p[at - 2] << 8 | p[at - 1];
		size = size > left ? left : size;
		p[at - 4] = p[at - 3] = 0;
		p[at - 2] = (uint8_t)(size >> 8);
		p[at - 1] = (uint8_t)size;
	}
	p[0] = p[1] = 0;
	p[2] = (uint8_t)((n - 4) >> 8);
	p[3] = (uint8_t)(n - 4);
	return n;
}
