#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# coverage.sh: what the unit tests and the published vectors run through, by
# gcov.  Prints, separated by tabs: folder, lines in percent, branches in
# percent.  Not 0 if a test failed, or if one of the floors that decide about
# a token is below 95 % of lines or 90 % of branches.  What was not run is
# listed in build/coverage/uncovered: file, line, what.
#
# A child that ends by _exit(2) or is killed leaves no count: the numbers of
# broker, wire and cli are lower than the truth.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"

OUT=$BUILD/coverage
[ "$(id -u)" != 0 ] || "$SRC/tests/lib/install.sh" >&2
cd "$SRC"
if [ ! -x configure ] || [ ! -e Makefile.in ]; then
	quietly autoreconf "autoreconf" autoreconf -fi
fi
mkdir -p "$OUT"
cd "$OUT"
if [ ! -e config.status ] || [ "$SRC/configure" -nt config.status ]; then
	# The compiler warns where it is to fortify what it does not optimise.
	quietly coverage-configure "configure" "$SRC/configure" -q \
	    CFLAGS="-O0 -g --coverage" CPPFLAGS="-U_FORTIFY_SOURCE" \
	    LDFLAGS="--coverage"
fi
jobs=$(nproc)
quietly coverage-make "make" make -s -j"$jobs" all
find . -name '*.gcda' -delete
status=0
make -k check >"$LOG/coverage-check.log" 2>&1 </dev/null || status=$?
if [ "$status" != 0 ]; then
	grep -E '^(FAIL|ERROR):|\*\*\*' "$LOG/coverage-check.log" >&2 || true
	echo "make check failed; all of it is in $LOG/coverage-check.log" >&2
fi

python3 -B - "$SRC" "$OUT" <<'PYTHON' || status=1
import collections, json, os, subprocess, sys

src, out = sys.argv[1:]
FOLDERS = ("common/jose", "common/json", "common/policy", "common/verify",
           "common/wire", "common/base", "common/store", "common/oauth",
           "pam", "sasl", "broker", "cli")
DECIDE = FOLDERS[:4]
LINES, BRANCHES = 95.0, 90.0

# (file, line) and (file, line, function, number) -> how often
lines = collections.Counter()
branches = collections.Counter()


def folder_of(name):
    for f in FOLDERS:
        if name.startswith(f + "/") or name.startswith(f + "."):
            return f
    return None


# A source that is linked into several programs is counted once, by the sum.
def add(unit):
    where = unit["current_working_directory"]
    for f in unit["files"]:
        path = os.path.join(where, f["file"])
        name = os.path.relpath(os.path.realpath(path), src)
        if folder_of(name) is None:
            continue
        for line in f["lines"]:
            at = (name, line["line_number"])
            lines[at] += line["count"]
            for i, b in enumerate(line["branches"]):
                branches[at + (line.get("function_name", ""), i)] += b["count"]


for top, _, files in os.walk(out):
    for name in files:
        if not name.endswith(".gcno"):
            continue
        r = subprocess.run(
            ["gcov", "--json-format", "--branch-probabilities", "--stdout",
             os.path.join(top, name)], cwd=out, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=True)
        for text in r.stdout.splitlines():
            add(json.loads(text))


def percent(counts, folder):
    of = [n for at, n in counts.items() if folder_of(at[0]) == folder]
    return 100.0 * sum(n > 0 for n in of) / len(of) if of else 100.0


with open(os.path.join(out, "uncovered"), "w") as f:
    gaps = [at + ("line",) for at, n in lines.items() if n == 0]
    gaps += [at[:2] + ("branch",) for at, n in branches.items()
             if n == 0 and lines[at[:2]] > 0]
    for gap in sorted(set(gaps)):
        print(*gap, sep="\t", file=f)

if not lines:
    sys.exit("gcov found nothing")
low = []
print("folder\tlines %\tbranches %")
for folder in FOLDERS:
    l, b = percent(lines, folder), percent(branches, folder)
    print("%s\t%.1f\t%.1f" % (folder, l, b))
    if folder in DECIDE and (l < LINES or b < BRANCHES):
        low.append("%s is below %g %% of lines or %g %% of branches"
                   % (folder, LINES, BRANCHES))
sys.exit("\n".join(low) if low else 0)
PYTHON
exit "$status"
