#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# timing.sh [RUNS]: does a failure take longer for a user that exists?  RUNS
# logins (1000) by a PAM host for each of two users, one known and one not, in
# turn and with the same token, a line for each kind of token, separated by
# tabs: name, median for the known user, for the unknown one, difference, its
# 95 % interval, unit.  Fails where an interval reaches beyond 1 ms.  As root
# on Debian 12 it installs and builds what it needs.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
need_root
"$SRC/tests/lib/install.sh" >&2
"$SRC/tests/lib/build.sh" >&2
exec "$SRC/tests/lib/stage.sh" /usr/bin/python3 -B \
    "$SRC/tests/e2e/timing.py" "${1:-1000}"
