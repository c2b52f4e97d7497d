#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh [NAME…]: the measurements (all, or those named: verify login issuers
# service sasl), one a line, separated by tabs: name, value, unit, ratio,
# against what, quartiles of the ratio or of the value.  Both sides of a ratio
# are measured in the same run, in turn.  As root on Debian 12 it installs and builds what it needs.
set -eu
. "$(dirname "$0")/../lib/common.sh"
need_root
all='verify login issuers service sasl'
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
for name; do
	case $name in
	verify|login|issuers|service|sasl) ;;
	*) die "run.sh: no measurement is called \"$name\"; there are: $all" ;;
	esac
done
"$SRC/tests/lib/install.sh" >&2
"$SRC/tests/lib/build.sh" >&2
quietly bench-build "make" make -s -C "$TREE" tests/bench/verify \
    tests/bench/pamhost tests/bench/rounds tests/bench/questions \
    tests/bench/logins tests/bench/tokens tests/bench/load \
    tests/bench/pam_empty.la
printf 'name\tvalue\tunit\tratio\tagainst\tquartiles\n'
for name; do
	case $name in
	verify)	"$TREE/tests/bench/verify" ;;
	*)	"$SRC/tests/lib/stage.sh" /usr/bin/python3 -B \
		    "$SRC/tests/bench/$name.py" "$TREE" ;;
	esac
done
