# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the structure tests: a little TAP. Each test says what it holds
# the tree to; "check NAME COMMAND…" passes when the command prints nothing.
# shellcheck shell=sh
set -u
: "${BA_SRCDIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${BA_BUILDDIR:=$PWD}"
cd "$BA_SRCDIR" || exit 99
LC_ALL=C
export LC_ALL
tap_n=0
tap_bad=0

# check NAME OUTPUT: passes where OUTPUT is empty; else shows it.
check() {
	tap_n=$((tap_n + 1))
	if [ -z "$2" ]; then
		printf 'ok %d - %s\n' "$tap_n" "$1"
	else
		printf 'not ok %d - %s\n' "$tap_n" "$1"
		printf '%s\n' "$2" | head -20 | sed 's/^/# /'
		tap_bad=$((tap_bad + 1))
	fi
}

skip() {
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_n" "$1" "$2"
}

finish() {
	printf '1..%d\n' "$tap_n"
	[ "$tap_bad" -eq 0 ]
	exit
}

sources() {
	find common broker pam sasl cli tests -name node_modules -prune -o \
	    -name '*.[ch]' -print | sort
}
