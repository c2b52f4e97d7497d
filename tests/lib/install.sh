#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Install what building and testing take, on Debian 12, as root.  Changes
# nothing outside the checkout but the installed packages, starts no server,
# and does nothing at all where everything is there.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
need_root

packages="
	autoconf automake binutils gcc libc6-dev libtool make pkg-config
	xz-utils libcmocka-dev libcurl4-openssl-dev libjansson-dev
	libpam0g-dev libpcre2-dev libqrencode-dev libsasl2-dev libsqlite3-dev
	libssl-dev clang-format mandoc universal-ctags valgrind
	ca-certificates chromium curl cyrus-common dbconfig-sqlite3 dovecot-core
	dovecot-imapd faketime fonts-dejavu-core glewlwyd iproute2 isync
	ldap-utils login msmtp openssh-client
	openssh-server openssl pamtester passwd postfix procps
	python3 python3-ldap python3-pexpect python3-pytest sasl2-bin slapd
	sqlite3 strace sudo util-linux zbar-tools
"
# (dbconfig-sqlite3: without a database glewlwyd's package does not install.)
# NodeSource's nodejs brings npm and conflicts with Debian's package of that
# name: ask for commands here, not for packages.
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"

missing=
for p in $packages; do
	s=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$s" = installed ] || missing="$missing $p"
done

# Debian starts a server as soon as it is installed, unless this file says no.
policy=/usr/sbin/policy-rc.d
made_policy=
cleanup()
{
	[ -z "$made_policy" ] || rm -f "$policy"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

install_packages()
{
	export DEBIAN_FRONTEND=noninteractive
	if [ ! -e "$policy" ]; then
		made_policy=1
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update
	# shellcheck disable=SC2086
	apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
	    -o Dpkg::Use-Pty=0 install --no-install-recommends $missing
}

# npm_ci FOLDER: exactly what its lock file names, by content hash.  The
# stamp is compared, so that nothing is asked of the network a second time.
npm_ci()
{
	local dir=$1 stamp=$1/node_modules/.bearerauth-stamp
	cmp -s "$dir/package-lock.json" "$stamp" && return 0
	rm -rf "$dir/node_modules"
	(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund \
	    --no-update-notifier --loglevel=error --cache "$BUILD/npm-cache")
	cp "$dir/package-lock.json" "$stamp"
}

if [ -n "$missing" ]; then
	echo "installing:$missing"
	quietly install-apt "installing Debian packages" install_packages
fi
# The package of Cyrus imapd conflicts with Dovecot's: its program alone.
unpack_imapd()
{
	local dir=$BUILD/cyrus.new
	rm -rf "$dir"
	mkdir -p "$dir"
	(cd "$dir" && { apt-get -q download cyrus-imapd ||
	    { apt-get -q update && apt-get -q download cyrus-imapd; }; } &&
	    dpkg -x cyrus-imapd_*.deb . && rm cyrus-imapd_*.deb)
	mv "$dir" "$BUILD/cyrus"
}
[ -e "$BUILD/cyrus" ] ||
    quietly install-imapd "unpacking Cyrus imapd" unpack_imapd

quietly install-provider "installing the identity provider" \
    npm_ci "$SRC/tests/e2e/idp"
quietly install-browser "installing what drives the browser" \
    npm_ci "$SRC/tests/e2e/browser"
find_node >/dev/null || quietly install-node \
    "installing a node that is young enough" npm_ci "$SRC/tests/e2e/node"
find_node >/dev/null || die "no node of version 20 or later is to be had for this kind of machine"
