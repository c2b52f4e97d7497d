/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BA_SASL_RESULT_H
#define BA_SASL_RESULT_H

#include <stdbool.h>

/*
 * What the framework is told for an error of ours: the only place where one
 * becomes the other.  SASL_OK for BA_OK alone; a number that is no error of
 * ours is SASL_FAIL.  authzid: did the client name whom it wants to be?
 */
int ba_sasl_result(int err, bool authzid);

/*
 * What sasl_errdetail() shall say; it reaches LDAP clients and Postfix's log.
 * Constant, never NULL, and the same for all errors of one family.
 */
const char *ba_sasl_text(int err);

#endif
