#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh [--tap] [COUNT]: so many generated tokens (200000), good and subtly
# broken, judged by ba_verify() and by npm's jose.  Prints, separated by tabs,
#
#	kind of difference, count, who accepts, reason
#
# or TAP.  explained.mjs has the table of what may differ.  Not 0 if we
# accepted a token that jose refuses, or a difference stands in no row of it;
# such tokens are shown on standard error.
#
#	SEED		another number makes other tokens; it is printed, and
#			the same one brings them back, signatures and all
#	BA_BUILDDIR	where this was configured; build/tree otherwise
#	DIFFERENTIAL_SHOWN	how many of them are shown at most (20)
#
# As root on Debian 12 it installs what it needs (tests/lib/install.sh); with
# BA_BUILDDIR set, or as another user, it takes what is there.
set -eu
# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

tap=
if [ "${1-}" = --tap ]; then
	tap=--tap
	shift
fi
count=${1:-200000}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
case $count$seed in
*[!0-9]*) die "usage: run.sh [--tap] [COUNT], both COUNT and SEED whole numbers" ;;
esac

tree=${BA_BUILDDIR:-}
if [ -z "$tree" ]; then
	tree=$TREE
	if [ "$(id -u)" = 0 ]; then
		"$SRC/tests/lib/install.sh" >&2
		"$SRC/tests/lib/build.sh" >&2
	fi
fi
[ -e "$SRC/tests/e2e/idp/node_modules/jose/package.json" ] ||
    die "jose is not there; as root tests/lib/install.sh puts it there"
node=$(find_node) || die "no node of version 20 or later is to be had"
quietly differential-make "make" make -s -C "$tree" tests/differential/generate

echo "seed $seed" >&2
set -o pipefail
"$tree/tests/differential/generate" "$count" "$seed" |
    "$node" "$SRC/tests/differential/compare.mjs" $tap "$count" "$seed"
