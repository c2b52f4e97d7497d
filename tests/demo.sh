#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The main job, end to end, on a fresh Debian 12: tokens of a real identity
# provider log in over SSH, su, LDAP and SMTP, and forgeries do not.  As root.
# The servers run on a stage of their own (tests/lib/stage.sh), and are gone
# when this ends.  Exit 0 only if all of it held.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib/common.sh
. "$(dirname "$0")/lib/common.sh"
need_root

echo "bearerauth: the demonstration"
echo
echo "Installing what is missing (Debian packages, the identity provider) ..."
"$SRC/tests/lib/install.sh"
echo "Building ..."
"$SRC/tests/lib/build.sh"
exec "$SRC/tests/lib/stage.sh" /usr/bin/python3 -B "$SRC/tests/e2e/demo.py"
