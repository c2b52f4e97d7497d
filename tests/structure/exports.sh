#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the plug-ins show and need: exactly the entry points of their host,
# and nothing but libc (and libpam for the module).
. "$(dirname "$0")/tap.sh"
libs=$BA_BUILDDIR/.libs

exported() {
	nm -D --defined-only "$1" | awk '{ print $3 }' | sed 's/@.*//' |
	    grep -v '^[A-Z0-9_.]*$' | sort | tr '\n' ' '
}
needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort |
	    tr '\n' ' '
}
differs() {
	[ "$1" = "$2" ] || printf 'is:     %s\nshould: %s' "$1" "$2"
}

check "pam_oauth2.so exports the six entry points alone" "$(differs \
    "$(exported "$libs/pam_oauth2.so")" \
    "pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred ")"
check "liboauthbearer.so exports the plug-in entry alone" "$(differs \
    "$(exported "$libs/liboauthbearer.so")" "sasl_server_plug_init ")"
if readelf -d "$libs/pam_oauth2.so" | grep -q 'lib.*san'; then
	skip "the plug-ins need libc alone" "built with sanitizers"
else
	check "pam_oauth2.so needs libc and libpam" "$(differs \
	    "$(needed "$libs/pam_oauth2.so")" "libc.so.6 libpam.so.0 ")"
	check "liboauthbearer.so needs libc" "$(differs \
	    "$(needed "$libs/liboauthbearer.so")" "libc.so.6 ")"
fi
for p in bearerauthd bearerauth; do
	f=$BA_BUILDDIR/$p
	[ -f "$BA_BUILDDIR/.libs/$p" ] && f=$BA_BUILDDIR/.libs/$p
	check "$p is not linked to libcurl" \
	    "$(needed "$f" | tr ' ' '\n' | grep curl)"
done
check "V42: no plug-in refers to the environment or to a shell" "$(
	for so in "$libs/pam_oauth2.so" "$libs/liboauthbearer.so"; do
		nm -D --undefined-only "$so" | awk '{ print $2 }' |
		    sed 's/@.*//' | grep -xE \
		    'environ|__environ|(secure_)?getenv|(un)?setenv|putenv|clearenv|system|popen|wordexp'
	done)"
check "PM-07: no plug-in refers to what would change its host" "$(
	for so in "$libs/pam_oauth2.so" "$libs/liboauthbearer.so"; do
		nm -D --undefined-only "$so" | awk '{ print $2 }' |
		    sed 's/@.*//' | grep -xE \
		    'abort|exit|atexit|__assert_fail|openlog|closelog|setlocale|uselocale|signal|sigaction|umask|chdir|fchdir|setr?e?s?[ug]id|setgroups|setrlimit|pthread_create|fork|vfork|daemon|dlopen|printf|puts|perror|__printf_chk|__fprintf_chk|getpwnam|tmpnam|mktemp|rand|random|strtok|localtime|gmtime|strerror' |
		    sed "s,^,$(basename "$so"): ,"
	done)"
finish
