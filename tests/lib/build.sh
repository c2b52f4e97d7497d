#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Build everything in build/tree, for Debian's places, with warnings as
# errors.  Run again, it builds what changed.  Arguments go to configure.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

[ ! -e "$SRC/config.status" ] ||
    die "$SRC was configured in place; run 'make distclean' there first"

newest()
{
	find "$SRC" -path "$SRC/build" -prune -o -name node_modules -prune \
	    -o \( -name local.mk -o -path "$SRC/configure.ac" \
	    -o -path "$SRC/Makefile.am" \) -newer "$1" -print | grep -q .
}

cd "$SRC"
if [ ! -x configure ] || [ ! -e Makefile.in ] || newest Makefile.in; then
	quietly autoreconf "autoreconf" autoreconf -fi
fi

triplet=$(gcc -print-multiarch)
set -- --enable-werror --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
    --runstatedir=/run --libdir="/usr/lib/$triplet" \
    --libexecdir=/usr/libexec "$@"
mkdir -p "$TREE"
cd "$TREE"
if [ ! -e config.status ] || [ "$SRC/configure" -nt config.status ] ||
    [ "$(cat configured-with 2>/dev/null)" != "$*" ]; then
	quietly configure "configure" "$SRC/configure" -q "$@"
	printf '%s\n' "$*" >configured-with
fi
jobs=$(nproc)
quietly make "make" make -s -j"$jobs" all tests/e2e/sasl_client.la \
    tests/e2e/storm tests/e2e/pam_host tests/e2e/pam_asan.la
