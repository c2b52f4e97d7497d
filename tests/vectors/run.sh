#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Run the published test vectors and print, separated by tabs,
#
#	file, cases, agreed, overridden, wrong
#
# tests/vectors/vectors.c says what the lines with a suffix mean.  Not 0 if
# anything is wrong; 77 and a reason where the vectors are not there.
#
#	BA_SHARED	their folder is $BA_SHARED/vectors (../shared)
#	BA_BUILDDIR	where this was configured; a build of its own otherwise
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
BA_SRCDIR=$top
export BA_SRCDIR

build=${BA_BUILDDIR:-}
if [ -z "$build" ] && [ -f "$top/config.status" ]; then
	build=$top
fi
if [ -z "$build" ]; then
	build=$(mktemp -d "${TMPDIR:-/tmp}/ba-vectors.XXXXXX")
	trap 'rm -rf "$build"' EXIT
	trap 'exit 129' HUP INT TERM
	[ -x "$top/configure" ] || (cd "$top" && autoreconf -fi) >&2
	(cd "$build" && "$top/configure" -q) >&2
fi
make -s -C "$build" tests/vectors/vectors >&2
"$build/tests/vectors/vectors" --tsv
