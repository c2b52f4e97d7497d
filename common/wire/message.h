/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_WIRE_MESSAGE_H
#define BA_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/base/origin.h"

/*
 * The wire format between plug-in and broker, broker and helper, command
 * line and broker.  doc/DESIGN.md has the conversation.
 *
 *	frame  = length version type *field
 *	length = 4 bytes, big endian: bytes after this, 2 to the limit
 *	version, type = 1 byte each
 *	field  = tag (1 byte) size (4 bytes, big endian) size bytes
 *
 * A frame is right only if its type is known, each field belongs to the type
 * and stands once, required ones are there, and each size and content fits
 * the field's kind; anything else is BA_ERR_PROTOCOL.  New fields come with
 * a new version, never within one; an answer is of the question's version.
 *
 * Everybody speaks the newest version that they know; the broker serves it and
 * the one before, for hosts that keep an old plug-in loaded across an upgrade
 * (a new plug-in with an old broker is "unavailable" until that is restarted).
 */
#define BA_WIRE_VERSION 2

#define BA_WIRE_ASK_MAX    (72 * 1024) /* frame limit, ask socket */
#define BA_WIRE_ANSWER_MAX (8 * 1024) /* … from broker to plug-in */
#define BA_SERVICE_MAX     64 /* bytes of a service's name … */
#define BA_FIELD_MAX       255 /* … of user, rhost and tty */
#define BA_WIRE_TOKEN_MAX  65536 /* … of a token */
#define BA_WIRE_TEXT_MAX   4096 /* … of a prompt or a reply */
#define BA_WAY_MAX         127 /* … of the way that a user came */
#define BA_ISSUER_MAX      2048 /* … of an issuer's URL */
#define BA_SUBJECT_MAX     1024 /* … of a subject */
#define BA_WIRE_ORDER_MAX  (384 * 1024) /* frame limit, broker to helper … */
#define BA_WIRE_FETCH_MAX  (528 * 1024) /* … and helper to broker */

enum ba_msg_type {
	/* plug-in → broker */
	BA_MSG_ASK = 1, /* is this token good for this login? */
	BA_MSG_ACCOUNT = 2, /* may this login go on? (PAM account) */
	BA_MSG_REPLY = 3, /* the user's answer to a PROMPT */
	/* since version 2 */
	BA_MSG_DEVICE = 4, /* let this user in by the device flow */
	BA_MSG_SESSION = 5, /* a session begins or ends (PAM session) */
	/* command line → broker, control socket */
	BA_MSG_CONTROL = 16,
	/* broker → helper */
	BA_MSG_FETCH = 32,
	/* broker → plug-in */
	BA_MSG_PROMPT = 129,
	BA_MSG_VERDICT = 130,
	BA_MSG_WAIT = 131, /* since version 2, in the device flow: the verdict
			      may take this much longer */
	/* broker → command line */
	BA_MSG_CONTROL_REPLY = 144,
	/* helper → broker */
	BA_MSG_FETCHED = 160
};

/*
 * Kinds: text is UTF-8 without NUL or other control characters (prompts may
 * hold line feeds and tabs, as may replies to commands, whose fields they
 * part), bytes is anything, u8/u32/u64 are big endian.
 */
enum ba_tag {
	BA_TAG_ID = 1, /* text, 32 digits of lower-case hex; made by
				   the plug-in */
	BA_TAG_SERVICE = 2, /* text, 1–64 */
	BA_TAG_USER = 3, /* text, 1–255 */
	BA_TAG_UID = 4, /* u32; absent: unknown to the host */
	BA_TAG_RHOST = 5, /* text, 0–255 */
	BA_TAG_TTY = 6, /* text, 0–255 */
	BA_TAG_DEADLINE = 7, /* u32, ms that the plug-in waits */
	BA_TAG_TOKEN = 8, /* bytes, 1–65536 */
	BA_TAG_ORIGIN = 9, /* u8, enum ba_origin */
	BA_TAG_CAN_PROMPT = 10, /* u8, 1: the user can be asked */
	BA_TAG_TEXT = 11, /* text with LF, or reply, 0–4096 */
	BA_TAG_STYLE = 12, /* u8, enum ba_prompt_style */
	BA_TAG_FAMILY = 13, /* u8, enum ba_family */
	BA_TAG_EXPIRES = 14, /* u64, seconds since 1970 */
	BA_TAG_STATUS = 15, /* text, 1–63: error code (RFC 6750, RFC 9470) */
	BA_TAG_SCOPE = 16, /* text, 1–511: scope that would help */
	BA_TAG_METADATA = 17, /* text, 1–2048: openid-configuration */
	BA_TAG_COMMAND = 18, /* text, 1–8000: a control command */
	BA_TAG_SERIAL = 19, /* u32 */
	BA_TAG_URL = 20, /* text, 1–2048 */
	BA_TAG_CA_FILE = 21, /* text, 1–4096 */
	BA_TAG_TIMEOUT = 22, /* u32, ms */
	BA_TAG_ERROR = 23, /* u32, an enum ba_err negated */
	BA_TAG_HTTP_STATUS = 24, /* u32 */
	BA_TAG_CONTENT_TYPE = 25, /* text, 0–127 */
	BA_TAG_MAX_AGE = 26, /* u32, seconds; absent: not said */
	BA_TAG_WHY = 27, /* text, 0–159 */
	BA_TAG_BODY = 28, /* bytes, 0–524288 */
	/* since version 2 */
	BA_TAG_FORM = 29, /* bytes, 1–212992 */
	BA_TAG_ACCEPT = 30, /* text, 1–127 */
	BA_TAG_ETAG = 31, /* text, 1–255 */
	BA_TAG_AUTHORIZATION = 32, /* text, 1–16384 */
	BA_TAG_CERTIFICATE = 33, /* bytes, 1–65536 */
	BA_TAG_KEY = 34, /* bytes, 1–65536 */
	BA_TAG_CA_DIRECTORY = 35, /* text, 1–4096 */
	BA_TAG_PROXY = 36, /* text, 1–512 */
	BA_TAG_NO_PROXY = 37, /* text, 1–8192 */
	BA_TAG_POOL = 38, /* u64; absent: 0 */
	BA_TAG_BODY_MAX = 39, /* u32; absent: the largest */
	BA_TAG_RETRY_AFTER = 40, /* u32, seconds; absent: not said */
	BA_TAG_PROCESS = 41, /* bytes, 16: process id and start time, each u64
				(ask.h) */
	BA_TAG_HELD = 42, /* u8, 1: the host holds texts back until its next
			     prompt */
	BA_TAG_WAY = 43, /* text, 1–127: by what else than a token the user
			    came, as the host says */
	BA_TAG_EVENT = 44, /* u8, enum ba_session_event */
	BA_TAG_ISSUER = 45, /* text, 1–2048 */
	BA_TAG_SUBJECT = 46, /* text, 1–1024 */
	BA_TAG_HOST = 47, /* text, 1–255: this machine's name, as the client
			     of a SASL server gives it */
	BA_TAG_PORT = 48, /* u32, likewise */
	BA_TAG_PERSON = 49, /* text, 1–255: whom the token names, where the
			       user is somebody else (authzid) */
	BA_TAG_MAX = 50
};

enum ba_prompt_style {
	BA_PROMPT_SECRET = 1, /* ask, echo off */
	BA_PROMPT_PLAIN = 2, /* ask, echo on */
	BA_PROMPT_INFO = 3, /* tell; no reply comes */
	BA_PROMPT_ERROR = 4 /* tell; no reply comes */
};

enum ba_session_event { BA_SESSION_OPEN = 1, BA_SESSION_CLOSE = 2 };

/* A frame that was parsed: views into the frame's bytes. */
struct ba_msg {
	uint8_t version;
	uint8_t type;
	struct {
		const unsigned char *p; /* NULL: not there */
		size_t n;
	} field[BA_TAG_MAX];
};

/*
 * How long is the frame that starts here?  BA_OK and *totalp (length field
 * included), or 0 in it when fewer than 4 bytes are there yet.
 * BA_ERR_PROTOCOL when it says less than 2 or more than max.
 */
BA_MUST_CHECK int ba_frame_size(
    const void *p, size_t n, size_t max, size_t *totalp);

/* A whole frame of exactly n bytes.  BA_ERR_PROTOCOL; version not judged
   beyond: 1 to BA_WIRE_VERSION. */
BA_MUST_CHECK int ba_msg_parse(const void *p, size_t n, struct ba_msg *m);

bool ba_msg_has(const struct ba_msg *m, enum ba_tag tag);

/* Into dst with a NUL; "" where the field is absent.  BA_ERR_LIMIT. */
BA_MUST_CHECK int ba_msg_get_str(
    const struct ba_msg *m, enum ba_tag tag, char *dst, size_t dstsz);

/* Numbers; fallback where the field is absent. */
uint8_t ba_msg_u8(const struct ba_msg *m, enum ba_tag tag, uint8_t fallback);
uint32_t ba_msg_u32(const struct ba_msg *m, enum ba_tag tag, uint32_t fallback);
uint64_t ba_msg_u64(const struct ba_msg *m, enum ba_tag tag, uint64_t fallback);

/*
 * Build a frame at the end of b: begin, put, end.  Only _end() makes it
 * whole, and it checks it as ba_msg_parse() would; on its error, or if any
 * put failed, the frame is taken off b again.  Puts after an error do
 * nothing, so that only _end()'s result must be looked at.
 */
struct ba_msg_out {
	struct ba_buf *b;
	size_t start;
	int err;
};
void ba_msg_begin(struct ba_msg_out *o, struct ba_buf *b, uint8_t version,
    enum ba_msg_type type);
void ba_msg_put(struct ba_msg_out *o, enum ba_tag tag, const void *p, size_t n);
/* s may be NULL or "": then nothing is put. */
void ba_msg_put_str(struct ba_msg_out *o, enum ba_tag tag, const char *s);
void ba_msg_put_u8(struct ba_msg_out *o, enum ba_tag tag, uint8_t v);
void ba_msg_put_u32(struct ba_msg_out *o, enum ba_tag tag, uint32_t v);
void ba_msg_put_u64(struct ba_msg_out *o, enum ba_tag tag, uint64_t v);
BA_MUST_CHECK int ba_msg_end(struct ba_msg_out *o);

#endif
