# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the scripts of this folder share.  Sourced, never run.

# The checkout, and the one place that everything we make goes to.
SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
BUILD=$SRC/build
TREE=${TREE:-$BUILD/tree}
LOG=$BUILD/log
export SRC BUILD TREE LOG
# The tools of an administrator are not on every user's path.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

die()
{
	printf '%s\n' "$*" >&2
	exit 1
}

need_root()
{
	[ "$(id -u)" = 0 ] || die "$0 must be run as root: it mounts, and starts servers (in namespaces of its own)"
}

# quietly NAME WHAT COMMAND...: the output goes to a log; only if the command
# fails does its end go to the reader too.
quietly()
{
	local log=$LOG/$1.log what=$2
	shift 2
	mkdir -p "$LOG"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		die "$what: failed; all of it is in $log"
	fi
}

# The node that runs the identity provider: the system's if it is young
# enough for it, else the one that install.sh put beside the provider.
find_node()
{
	local n
	for n in "$(command -v node || true)" \
	    "$SRC"/tests/e2e/node/node_modules/node-linux-*/bin/node; do
		[ -x "$n" ] || continue
		if "$n" -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' \
		    >/dev/null 2>&1; then
			printf '%s\n' "$n"
			return 0
		fi
	done
	return 1
}

# Nothing here reads standard input.  Whoever started us may have closed it,
# and the first file opened would land there; libtool is then the first to
# stumble.
exec </dev/null
