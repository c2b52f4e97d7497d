#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every header compiles alone; every source includes config.h first; each
# room includes only what stands below it.
. "$(dirname "$0")/tap.sh"
defs='-DBA_SYSCONFDIR="" -DBA_RUNSTATEDIR="" -DBA_LOCALSTATEDIR="" -DBA_LIBEXECDIR="" -DBA_USER=""'

check "every header compiles alone" "$(
	find common broker pam sasl cli tests/unit -name '*.h' |
	while read -r h; do
		# shellcheck disable=SC2086
		printf '#include "%s"\n' "$h" | ${CC:-cc} -std=gnu11 \
		    -D_GNU_SOURCE -fsyntax-only -Wall -I. $defs -x c - 2>&1 |
		    sed "s,^,$h: ," | head -3
	done)"
check "every source includes config.h first" "$(
	find common broker pam sasl cli -name '*.c' |
	while read -r f; do
		grep -m1 '^#include' "$f" | grep -q '[<"]config.h[>"]' ||
		    echo "$f"
	done)"
check "every file says its licence" "$(
	sources | while read -r f; do
		head -3 "$f" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
		    echo "$f"
	done)"

# room: what it may include, beside itself
floor() {
	room=$1; shift
	allowed=$(printf '%s\n' "$room" "$@" | paste -sd'|')
	check "$room includes only what stands below" "$(
		grep -rhoE '#include "(common|broker|pam|sasl|cli)[^"]*"' \
		    "$room" --include='*.[ch]' | sed 's/#include "//; s/"//' |
		sort -u | sed -E 's,^common/verify\.h$,common/verify/verify.h,' |
		grep -vE "^($allowed)/[^/]+\$")"
}
b=common/base y=common/system w=common/wire j=common/json o=common/jose p=common/policy
s=common/store a=common/oauth v=common/verify
floor $b
floor $y $b
floor $w $b
floor $j $b
floor $o $b $j
floor $p $b $j $o
floor $s $b
floor $a $b $w $j $o $p $s
floor pam $b $w
floor sasl $b $w
floor broker $b $y $w $j $o $p $s $a $v
floor cli $b $y $w $j $o $p $s $a $v
check "verify is pure: jose and policy alone" "$(
	grep -hoE '#include "common[^"]*"' common/verify.[ch] |
	grep -vE '"common/(base|json|jose|policy)/|"common/verify.h"')"

only() {
	what=$1; shift
	check "$what is included by $* alone" "$(
		grep -rlE "#include [<\"]$what" common broker pam sasl cli |
		grep -vxE "$(printf '%s\n' "$@" | paste -sd'|')")"
}
only 'curl/' 'common/oauth/http_(curl|memory).c' 'common/oauth/http_pool.[ch]'
only 'pcre2' 'common/policy/pattern.c'
only 'sqlite3' 'common/store/store_sqlite.c'
only 'security/' 'pam/.*'
only 'sasl/sasl' 'sasl/.*'
only 'openssl/' 'common/jose/.*' 'common/store/.*' \
    'common/oauth/(client|http_memory|http_trust).c' 'broker/once.c'
finish
