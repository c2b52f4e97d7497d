/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_BROKER_DEVICE_TEXT_H
#define BA_BROKER_DEVICE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/policy/config.h"

/*
 * What somebody is shown who logs in by the device flow (RFC 8628 section 3.3),
 * pure.  Every prompt begins with a line of words, for ssh(1) puts "(user@host) "
 * before it; every text is at most BA_WIRE_TEXT_MAX bytes of UTF-8; and what others have
 * chosen in it (user, address, codes) holds no control characters.
 */
struct ba_device_scene {
	const char *host; /* this machine */
	const char *service;
	const char *user;
	const char *rhost; /* or NULL: here */
	const char *tty; /* or NULL */
	int64_t now; /* wall; shown as UTC */
};

/* Before the issuer is asked: says who logs in where, warns, wants Enter. */
BA_MUST_CHECK int ba_device_ask_text(
    const struct ba_device_scene *s, struct ba_buf *b);

/*
 * The code: who logs in where, the QR code of qr_text if there is to be one
 * (its quiet zone of 4 modules included, half blocks, no escape codes), the
 * warning, and last the URL and the code, so that they stay in view on 80
 * columns and 24 lines; with press the last line is a prompt for Enter.
 *
 * BA_QR_AUTO draws it where all of that is in view at a time, with what ssh(1)
 * puts before a prompt, or the cursor below any other text: mostly up to 53
 * bytes of qr_text below the scene; up to 78 with scene and warning beside it.
 */
BA_MUST_CHECK int ba_device_code_text(const struct ba_device_scene *s,
    const char *url, const char *code, const char *qr_text, enum ba_qr qr,
    bool press, struct ba_buf *b);

/* Asked again: not approved yet; URL and code once more, no QR code. */
BA_MUST_CHECK int ba_device_again_text(
    const char *url, const char *code, struct ba_buf *b);

#endif
