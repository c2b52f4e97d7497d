#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh: run the published test vectors and print, separated by tabs,
#
#	file, cases, agreed, overridden, wrong
#
# and a last line for the total; README.md here says what is asked of each
# file.  Not 0 if anything is wrong, or if a file of the folder is one that no
# code here reads; 77 and a reason where the vectors are not there.  As root
# on Debian 12 it installs what it needs, if something is missing.
#
#	BA_SHARED	their folder is $BA_SHARED/vectors (../shared)
#	BA_BUILDDIR	where this was configured (build/tree)
set -eu
# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

BA_SRCDIR=$SRC
export BA_SRCDIR
vectors=${BA_SHARED:-$SRC/../shared}/vectors
if [ ! -r "$vectors/README.md" ]; then
	echo "skipped: the vectors are not in $vectors"
	exit 77
fi

# Packages are not asked for, nor a network, where all is there already.
build()
{
	"$SRC/tests/lib/build.sh" >&2 && return
	[ "$(id -u)" = 0 ] || return 1
	"$SRC/tests/lib/install.sh" >&2
	"$SRC/tests/lib/build.sh" >&2
}

tree=${BA_BUILDDIR:-}
if [ -z "$tree" ] && [ -e "$SRC/config.status" ]; then
	tree=$SRC
fi
if [ -z "$tree" ]; then
	build
	tree=$TREE
fi
quietly vectors-make "make" make -s -C "$tree" tests/vectors/vectors
exec "$tree/tests/vectors/vectors" --tsv
