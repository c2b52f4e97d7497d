#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# mutants.sh [OPTION...] [FOLDER...]: do the unit tests notice a defect?  In
# copies of each source of the folders (or files) one thing at a time is made
# wrong: a comparison flipped, a check dropped or forced, a constant changed,
# an error forgotten, a call not made (tests/mutants/mutate.py); whichever
# copy passes all tests has survived.  Prints, separated by tabs,
#
#	where, mutants, killed, survived, explained of them, killed %
#
# for each file, folder and all, and then each survivor: whether it is
# explained in tests/mutants/explained, file:line, function, what was done,
# the line as it was and as it is, the reason.  Not 0 if less than 90 % were
# killed, survivors that are explained counted as survivors; or if something
# is explained that does not survive, or is not there at all.
#
#	-n N -s SEED	one mutant of N, by chance
#	-j JOBS		how many at a time (the number of processors)
#	-a		the tests of tests/mutants/slow, too
#	-x TEST		leave out a test program
#	-l		list the mutants only
#	-q		say nothing on the way
#
# What came of every mutant stands in build/mutants/results.  Tests that start
# another program of ours are left out: what they test is not relinked.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"

OUT=$BUILD/mutants
[ "$(id -u)" != 0 ] || "$SRC/tests/lib/install.sh" >&2
cd "$SRC"
if [ ! -x configure ] || [ ! -e Makefile.in ] ||
    [ -n "$(find . -path ./build -prune -o \( -name local.mk -o \
        -name configure.ac -o -name Makefile.am \) -newer Makefile.in \
        -print)" ]; then
	quietly autoreconf "autoreconf" autoreconf -fi
fi
mkdir -p "$OUT"
cd "$OUT"
if [ ! -e config.status ] || [ "$SRC/configure" -nt config.status ]; then
	quietly mutants-configure "configure" "$SRC/configure" -q
fi
PYTHONDONTWRITEBYTECODE=1 exec python3 "$SRC/tests/mutants/run.py" \
    --src "$SRC" --out "$OUT" "$@"
