#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh SECONDS [HARNESS...]: fuzz all harnesses, or those named (jws, claims
# and so on), for so many seconds each, two at a time.  Prints, separated by
# tabs: harness, executions, crashes.  Not 0 if there was a crash; what led to
# it is left in build/fuzz/crashes/HARNESS, and named.  With 0 seconds each
# input of the corpus in the tree is tried once, and nothing else.
#
# run.sh corpus: make new keys, tokens and seeds (make_corpus.c).
#
# As root on Debian 12 it installs what it needs; as another user it finds it
# installed or says what is missing.  FUZZ_JOBS=1: one at a time.
set -eu
# shellcheck source-path=SCRIPTDIR source=../lib/common.sh
. "$(dirname "$0")/../lib/common.sh"

HERE=$SRC/tests/fuzz
OUT=$BUILD/fuzz
TREE=$OUT/tree
CC=clang-14
ALL="b64url json jwks jws claims verify identity config map metadata
	introspect device message sasl xoauth2"
# The front end of all: what each harness is linked with, in libtool's words.
LIBS="common/libba_verify.la common/oauth/libba_oauth.la
	common/policy/libba_policy.la common/jose/libba_jose.la
	common/json/libba_json.la common/wire/libba_wire.la
	common/base/libba_base.la"
FLAGS="-std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all
	-Wall -Wextra -Wshadow -Werror"

seconds=${1-}
case $seconds in
corpus) ;;
''|*[!0-9]*) die "usage: run.sh SECONDS [HARNESS...], or run.sh corpus" ;;
esac
shift
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $ALL
for name; do
	[ -e "$HERE/fuzz_$name.c" ] ||
	    die "run.sh: no harness is called \"$name\"; there are: $ALL"
done

install_clang()
{
	if command -v $CC >/dev/null &&
	    ls /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a \
	    >/dev/null 2>&1; then
		return
	fi
	[ "$(id -u)" = 0 ] ||
	    die "not installed: clang-14 and libclang-rt-14-dev; as root this script installs them"
	export DEBIAN_FRONTEND=noninteractive
	quietly fuzz-install "apt-get update" apt-get -q \
	    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update
	quietly fuzz-install "apt-get install" apt-get -q -y \
	    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
	    install --no-install-recommends clang-14 libclang-rt-14-dev llvm-14
}

# The libraries as they are built for everybody, but by clang, and watched.
build_libs()
{
	cd "$SRC"
	if [ ! -x configure ] || [ ! -e Makefile.in ]; then
		quietly autoreconf "autoreconf" autoreconf -fi
	fi
	mkdir -p "$TREE"
	cd "$TREE"
	if [ ! -e config.status ] || [ "$SRC/configure" -nt config.status ]; then
		quietly fuzz-configure "configure" "$SRC/configure" -q \
		    CC=$CC CFLAGS="-O1 -g -fsanitize=fuzzer-no-link" \
		    --with-sanitizers=address,undefined
	fi
	# shellcheck disable=SC2086
	quietly fuzz-make "make" make -s -j2 $LIBS
}

# compile PROGRAM SANITIZERS SOURCE...
compile()
{
	local program=$1 sanitizers=$2
	shift 2
	# shellcheck disable=SC2086
	quietly "fuzz-${program##*/}" "${program##*/}" ./libtool --silent \
	    --tag=CC --mode=link $CC $FLAGS "-fsanitize=$sanitizers" \
	    -I. -I"$SRC" -o "$program" "$@" $LIBS -ljansson -lcrypto -lpcre2-8
}

build_harness()
{
	set -- "$1" "$HERE/fuzz_$1.c" "$HERE/fuzz.c" "$HERE/token.c" \
	    "$HERE/oracle.c"
	case $1 in
	sasl|xoauth2)
		set -- "$@" "$SRC/sasl/message.c" "$SRC/sasl/failure.c" ;;
	esac
	compile "$OUT/fuzz_$1" fuzzer,address,undefined "${@:2}"
}

# fuzz NAME: one line of the table, in a file of its own.
fuzz()
{
	local name=$1 log=$LOG/fuzz-$1.log crashes=$OUT/crashes/$1 status=0
	local executions found
	mkdir -p "$OUT/corpus/$name" "$crashes"
	touch "$OUT/$name.started"
	set -- -artifact_prefix="$crashes/" -dict="$HERE/$name.dict" \
	    -timeout=5 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1
	if [ "$seconds" = 0 ]; then
		set -- "$@" -runs=0 "$HERE/corpus/$name"
	else
		set -- "$@" -max_total_time="$seconds" "$OUT/corpus/$name" \
		    "$HERE/corpus/$name"
	fi
	"$OUT/fuzz_$name" "$@" >"$log" 2>&1 </dev/null || status=$?
	executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	found=$(find "$crashes" -type f -newer "$OUT/$name.started" | wc -l)
	# One that ended badly and left nothing has crashed all the same.
	[ "$status" = 0 ] || [ "$found" -gt 0 ] || found=1
	printf '%s\t%s\t%s\n' "$name" "${executions:-0}" "$found" \
	    >"$OUT/$name.row"
}

install_clang
build_libs
if [ "$seconds" = corpus ]; then
	compile "$OUT/make_corpus" address,undefined "$HERE/make_corpus.c" \
	    "$SRC/tests/unit/mint.c"
	exec "$OUT/make_corpus" "$HERE"
fi
mkdir -p "$LOG"
for name; do
	build_harness "$name"
done

# Where crashes are looked into, lines of source are wanted.
if command -v llvm-symbolizer-14 >/dev/null; then
	ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-14)
	export ASAN_SYMBOLIZER_PATH
fi
jobs=${FUZZ_JOBS:-2}
for name; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n || true
	done
	fuzz "$name" &
done
wait

bad=0
printf 'harness\texecutions\tcrashes\n'
for name; do
	row=$(cat "$OUT/$name.row")
	printf '%s\n' "$row"
	[ "${row##*$'\t'}" != 0 ] || continue
	bad=1
	grep -E '^(==|fuzz: |.*runtime error)|ERROR: |SUMMARY: ' \
	    "$LOG/fuzz-$name.log" | head -n 5 >&2 || true
	find "$OUT/crashes/$name" -type f -newer "$OUT/$name.started" >&2
done
exit $bad
