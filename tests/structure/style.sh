#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The habits that a program can see.
. "$(dirname "$0")/tap.sh"

if command -v clang-format >/dev/null; then
	check "clang-format agrees" "$(
		sources | xargs clang-format --dry-run 2>&1 |
		    grep -E 'warning|error')"
else
	skip "clang-format agrees" "clang-format is not installed"
fi
check "no // comments" "$(
	grep -rnE --include='*.[ch]' '(^|[;}[:space:]])//' \
	    common broker pam sasl cli)"
check "V35: no unbounded or locale-bound string function" "$(
	grep -rnE --include='*.[ch]' \
	    '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|strn?casecmp|toupper|tolower|isalpha|isalnum|isdigit|ato[il]|mktemp|tmpnam|s?rand)\([^)0-9]' \
	    common broker pam sasl cli)"
check "no assert, no exit outside of programs' main files" "$(
	grep -rnE '\b(assert|abort|exit|_exit)\(' common pam sasl \
	    --include='*.[ch]' | grep -v 'common/wire/spawn.c' |
	    grep -v 'common/oauth/fetch.c')"
check "realloc is never used: secrets would stay behind" "$(
	grep -rnE '\brealloc(array)?\(' common broker pam sasl cli \
	    --include='*.[ch]')"
check "no path of a developer's machine" "$(
	git ls-files 2>/dev/null | grep -v '^tests/structure/style.sh$' |
	    xargs grep -nIE '/(work|root)/(main|shared)|/home/[a-z]' 2>/dev/null |
	    grep -vE '/home/(alice|bob|carol)')"
check "lock files record no download address" "$(
	git ls-files '*package-lock.json' '*npm-shrinkwrap.json' 2>/dev/null |
	    xargs -r grep -nE '"resolved"')"

if command -v ctags >/dev/null && ctags --version | grep -q Universal; then
	lengths=$(find common broker pam sasl cli -name '*.c' |
	    xargs ctags -x --_xformat='%{line} %{end} %F %N' --kinds-C=f \
	    --fields=+e 2>/dev/null |
	    awk '{ print $2 - $1 + 1, $3 ":" $1, $4 }' | sort -n)
	check "no function is longer than 100 lines" "$(
		printf '%s\n' "$lengths" | awk '$1 > 100')"
	check "half of the functions have 20 lines or fewer" "$(
		printf '%s\n' "$lengths" | awk '{ n[NR] = $1 }
		    END { m = n[int((NR + 1) / 2)]
			if (m > 20) print "median", m }')"
else
	skip "function length" "universal-ctags is not installed"
fi
finish
