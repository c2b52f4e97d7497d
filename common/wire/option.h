/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_WIRE_OPTION_H
#define BA_WIRE_OPTION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The values that administrators give to a plug-in, whether as arguments of a
 * PAM line or as options of a SASL configuration: one judgement for both.
 * What is not right is refused; nothing is mended.
 */
#define BA_SOCKET_PATH_MAX 107 /* sun_path of unix(7) without its NUL */
#define BA_PATH_MAX        4095 /* … and PATH_MAX */

/* A service's name: 1 to BA_SERVICE_MAX bytes of text. */
bool ba_option_service(const char *value);

/*
 * An absolute path of text, of at most max bytes.  A relative one would mean
 * whatever directory the host is in, which under su is the caller's choice.
 */
bool ba_option_path(const char *value, size_t max);

/* Whole seconds, 1 to 60, in decimal; *msp in milliseconds. */
bool ba_option_deadline(const char *value, unsigned *msp);

#endif
