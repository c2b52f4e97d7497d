#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Manual page, option table and parser say the same.
. "$(dirname "$0")/tap.sh"

same() {
	d=$(mktemp) && printf '%s\n' "$1" | sort -u > "$d"
	printf '%s\n' "$2" | sort -u | diff "$d" - |
	    sed 's/^</only in the code:/; s/^>/only in the manual:/' |
	    grep '^only'
	rm -f "$d"
}
items() {	# the .It Cm names of a page
	sed -nE 's/^\.It (Cm|Fl) ([A-Za-z_-]+).*/\2/p' "$1"
}

check "bearerauth.conf(5) has the keys of the parser" "$(same \
    "$(sed -nE 's/^\t\{ "([a-z_]+)", (ba_client_)?set_.*/\1/p' \
	common/policy/config_keys.c common/policy/config_issuer.c \
	common/policy/config_service.c)" \
    "$(items man/bearerauth.conf.5 | grep -vxE 'jwt|json|local|virtual')")"
check "pam_oauth2(8) has the arguments of the parser" "$(same \
    "$(sed -nE 's/^\t\{ "([a-z_]+)=?", set_.*/\1/p' pam/args.c)" \
    "$(items man/pam_oauth2.8)")"
for p in man/*.[1-8]; do
	if command -v mandoc >/dev/null; then
		check "$p: mandoc finds no error" "$(
			mandoc -T lint -W error "$p" 2>&1)"
	else
		skip "$p: lint" "mandoc is not installed"
	fi
done
finish
