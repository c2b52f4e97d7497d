#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the compiler and linker were asked for is in what was built.
. "$(dirname "$0")/tap.sh"
for f in pam_oauth2.so liboauthbearer.so bearerauthd bearerauth-fetch \
    bearerauth bearerauth-askpass; do
	b=$BA_BUILDDIR/.libs/$f
	[ -f "$b" ] || b=$BA_BUILDDIR/$f
	check "$f: RELRO and BIND_NOW" "$(
		readelf -lW "$b" | grep -q GNU_RELRO || echo "no RELRO"
		readelf -d "$b" | grep -qE 'BIND_NOW|FLAGS.*NOW' ||
		    echo "no BIND_NOW")"
	check "$f: no executable stack, no text relocation" "$(
		readelf -lW "$b" | grep GNU_STACK | grep -q 'RWE' &&
		    echo "executable stack"
		readelf -d "$b" | grep TEXTREL)"
	case $f in
	*.so)	;;
	*)	check "$f: position independent" "$(
			readelf -h "$b" | grep -q 'Type:.*DYN' ||
			    echo "not PIE")" ;;
	esac
done
if readelf -d "$BA_BUILDDIR/.libs/pam_oauth2.so" | grep -q 'lib.*san'; then
	skip "stack protector and FORTIFY" "built with sanitizers"
else
	check "stack protector and FORTIFY are in use" "$(
		nm -D --undefined-only "$BA_BUILDDIR/.libs/pam_oauth2.so" |
		    grep -q __stack_chk_fail || echo "no stack protector"
		nm -D --undefined-only "$BA_BUILDDIR/.libs/pam_oauth2.so" |
		    grep -q '_chk' || echo "no FORTIFY")"
fi
finish
