/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_JSON_INIT_H
#define BA_JSON_INIT_H

/*
 * Once in a process, before any JSON is read: jansson's memory is wiped when
 * it is given back, since it holds secrets (a JWK of kty oct) and what tokens
 * say of people.
 *
 * For a program's main() and never for a library: it is jansson's for the
 * whole process.  What jansson gives away (json_dumps()) must then be freed by
 * the function that json_get_alloc_funcs() names.
 */
void ba_json_init(void);

#endif
