#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh [PHASE...]: all tests, or those of the phases named: unit sanitized
# structure store differential fuzz e2e.  As root, on a fresh Debian 12.  The last line counts
# them: "N passed, N failed".  With CI=true a skipped test has failed.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
need_root

passed=0
failed=0
skipped=0

# count WHAT FILE: add up the TAP lines in a file, and show what is not well.
count()
{
	local p f s line
	s=$(grep -ciE '^ok .*# *skip' "$2" || true)
	p=$(($(grep -c '^ok ' "$2" || true) - s))
	f=$(grep -c '^not ok ' "$2" || true)
	# A test that says nothing at all has not passed.
	if [ $((p + f + s)) -eq 0 ]; then
		f=1
		echo "not ok 1 - $1 ran no test" >>"$2"
	fi
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	line="$p passed, $f failed"
	[ "$s" -eq 0 ] || line="$line, $s skipped"
	printf '%-34s %s\n' "$1" "$line"
	grep -E '^not ok |^ok .*# *[Ss][Kk][Ii][Pp]' "$2" | sed 's/^/    /' || true
}

# make_check TREE TAP: the unit tests and the published vectors; automake's results as TAP.
make_check()
{
	find "$1" -name '*.trs' -delete
	make -k -C "$1" check >"$2.log" 2>&1 || true
	find "$1" -name '*.trs' | sort | while read -r trs; do
		name=${trs#"$1/"}
		sed -nE "s,^:test-result: (PASS|XFAIL)( .*)?$,ok 1 - ${name%.trs}\\2,p
			s,^:test-result: (FAIL|XPASS|ERROR)( .*)?$,not ok 1 - ${name%.trs}\\2,p
			s,^:test-result: SKIP( .*)?$,ok 1 - ${name%.trs}\\1 # SKIP,p" "$trs"
	done >"$2"
	# What was not even built has no result.
	grep -E '^make.*\*\*\* |: error: ' "$2.log" | grep -v 'check-TESTS\|check-am\|test-suite\|Error 1$\|Error 2$' |
	    sed 's/^/not ok 1 - /' >>"$2" || true
}

phase_unit()
{
	make_check "$TREE" "$LOG/unit.tap"
	count "unit tests, vectors" "$LOG/unit.tap"
}

# The same once more, with the compiler's own witnesses.
phase_sanitized()
{
	if ! TREE=$BUILD/sanitized "$SRC/tests/lib/build.sh" \
	    --with-sanitizers=address,undefined CFLAGS="-O1 -g"; then
		failed=$((failed + 1))
		return 0
	fi
	make_check "$BUILD/sanitized" "$LOG/sanitized.tap"
	count "the same, ASan and UBSan" "$LOG/sanitized.tap"
}

phase_structure()
{
	: >"$LOG/structure.tap"
	for t in "$SRC"/tests/structure/*.sh; do
		[ "${t##*/}" != tap.sh ] || continue
		(
			cd "$TREE"
			export BA_SRCDIR="$SRC" BA_BUILDDIR="$TREE"
			sh "$t" 2>"$LOG/${t##*/}.err" ||
			    [ $? = 1 ] || echo "not ok 1 - ${t##*/} broke off"
		) | sed -E "s,^((not )?ok [0-9]+ - ),\\1structure/${t##*/}: ," \
		    >>"$LOG/structure.tap"
	done
	count "structure" "$LOG/structure.tap"
}

phase_e2e()
{
	local status=0 messages=../shared/vectors/rfc/rfc7628_sasl.json
	rm -f "$LOG/e2e.tap" "$BUILD/${messages##*/}"
	[ ! -e "$SRC/$messages" ] || cp "$SRC/$messages" "$BUILD/"
	"$SRC/tests/lib/stage.sh" env E2E_TAP="$LOG/e2e.tap" \
	    E2E_SEED="${E2E_SEED:-0}" PYTHONDONTWRITEBYTECODE=1 \
	    /usr/bin/python3 -m pytest -p no:cacheprovider --rootdir "$SRC" \
	    -q --tb=short --durations=15 ${E2E_ARGS:+$E2E_ARGS} \
	    "$SRC/tests/e2e" >"$LOG/e2e.log" 2>&1 || status=$?
	# 0 and 1 are "all well" and "some failed"; any other broke off.
	touch "$LOG/e2e.tap"
	[ "$status" -le 1 ] ||
	    echo "not ok 0 - pytest broke off ($status)" >>"$LOG/e2e.tap"
	count "end to end" "$LOG/e2e.tap"
	if grep -q '^not ok' "$LOG/e2e.tap"; then
		tail -n 60 "$LOG/e2e.log"
	fi
}

# Processes that use one store, stopped and killed at random.
phase_store()
{
	quietly store "make" make -s -C "$TREE" tests/e2e/store_stress
	(cd "$TREE" && tests/e2e/store_stress) >"$LOG/store.tap" \
	    2>"$LOG/store.err" || true
	count "the store, struck 100 times" "$LOG/store.tap"
}

# The same few tokens each time: a run of its own tries many others.
phase_differential()
{
	SEED="${SEED:-1}" "$SRC/tests/differential/run.sh" --tap \
	    "${DIFFERENTIAL_COUNT:-5000}" >"$LOG/differential.tap" \
	    2>"$LOG/differential.err" || true
	count "tokens judged by npm's jose, too" "$LOG/differential.tap"
}

# Every corpus, and each harness for a moment.
phase_fuzz()
{
	"$SRC/tests/fuzz/run.sh" "${FUZZ_SECONDS:-3}" >"$LOG/fuzz.tsv" \
	    2>"$LOG/fuzz.err" || true
	awk -F'\t' 'NR > 1 {
		printf "%s %d - fuzz/%s: %s executions, %s crashes\n",
		    ($2 > 0 && $3 == 0 ? "ok" : "not ok"), NR - 1, $1, $2, $3
	}' "$LOG/fuzz.tsv" >"$LOG/fuzz.tap"
	count "fuzzing" "$LOG/fuzz.tap"
}

finish()
{
	if [ "${CI-}" = true ] && [ "$skipped" -gt 0 ]; then
		echo "$skipped skipped: with CI=true that is a failure"
		failed=$((failed + skipped))
	fi
	echo "in $((SECONDS - start)) s; logs are in ${LOG#"$SRC"/}"
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

start=$SECONDS
[ $# -gt 0 ] || set -- unit sanitized structure store differential fuzz e2e
mkdir -p "$LOG"
for step in install build; do
	if ! "$SRC/tests/lib/$step.sh"; then
		failed=$((failed + 1))
		finish
	fi
done
for phase; do
	"phase_$phase"
done
finish
