/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "common/base/err.h"

enum ba_family
ba_err_family(int err)
{
	switch ((enum ba_err)err) {
	case BA_OK:
		return BA_FAMILY_OK;
#define CASE(name, number, family, text)                                       \
	case BA_ERR_##name:                                                    \
		return BA_FAMILY_##family;
		BA_ERR_LIST(CASE)
#undef CASE
	}
	return BA_FAMILY_FAULT;
}

int
ba_err_of_family(int family)
{
	switch ((enum ba_family)family) {
	case BA_FAMILY_OK:
		return BA_OK;
	case BA_FAMILY_REFUSED:
		return BA_ERR_REFUSED;
	case BA_FAMILY_NOT_ALLOWED:
		return BA_ERR_NOT_ALLOWED;
	case BA_FAMILY_UNAVAILABLE:
		return BA_ERR_UNAVAIL;
	case BA_FAMILY_FAULT:
		return BA_ERR_INTERNAL;
	case BA_FAMILY_MALFORMED:
		return BA_ERR_MALFORMED;
	}
	return BA_ERR_INTERNAL;
}

const char *
ba_err_name(int err)
{
	switch ((enum ba_err)err) {
	case BA_OK:
		return "OK";
#define CASE(name, number, family, text)                                       \
	case BA_ERR_##name:                                                    \
		return #name;
		BA_ERR_LIST(CASE)
#undef CASE
	}
	return "UNKNOWN";
}

const char *
ba_err_text(int err)
{
	switch ((enum ba_err)err) {
	case BA_OK:
		return "success";
#define CASE(name, number, family, text)                                       \
	case BA_ERR_##name:                                                    \
		return text;
		BA_ERR_LIST(CASE)
#undef CASE
	}
	return "an error without a name";
}

const char *
ba_family_text(enum ba_family family)
{
	switch (family) {
	case BA_FAMILY_OK:
		return "accepted";
	case BA_FAMILY_REFUSED:
		return "refused";
	case BA_FAMILY_NOT_ALLOWED:
		return "not allowed";
	case BA_FAMILY_UNAVAILABLE:
		return "unavailable";
	case BA_FAMILY_FAULT:
		return "our fault";
	case BA_FAMILY_MALFORMED:
		return "malformed";
	}
	return "our fault";
}
