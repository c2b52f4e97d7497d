#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# stage.sh COMMAND...: run a command, as root, on a stage: this machine as it
# is, but every change made to it is gone, and every process ended, when the
# command ends.  Own mounts, processes, network (loopback alone), host name;
# overlays on /etc /usr /var /root /home; fresh /run, /tmp and /dev.  So stock
# servers find their stock files at their stock places and ports.
#
# The build in build/tree is installed on it.  The checkout itself is the real
# one, and /dev/log goes to build/log/stage/syslog.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

STAGE=$BUILD/stage
OUT=$LOG/stage

if [ "${1-}" != --inside ]; then
	need_root
	[ $# -gt 0 ] || die "usage: stage.sh COMMAND..."
	mkdir -p "$STAGE" "$OUT"
	# A process group of its own (-m), so that signals to us are ours:
	# they end the stage, with all that is on it.
	set -m
	env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
	    CI="${CI-}" \
	    unshare --mount --pid --net --ipc --uts --fork --kill-child \
	    --mount-proc --propagation private "$BASH" "$0" --inside "$@" \
	    </dev/null &
	trap 'kill -KILL $!; exit 130' HUP INT TERM
	status=0
	wait $! || status=$?
	exit "$status"
fi
shift

# Paths relative to the stage's tmpfs stay good when the way to it is covered
# (a checkout in /tmp, say); mount must then leave them as they are (-c).
mount -t tmpfs -o mode=755 stage "$STAGE"
cd "$STAGE"
mkdir src dev upper work
mount --bind "$SRC" src
mount --bind /dev dev

overlay()
{
	mkdir -p "upper/$1" "work/$1"
	chmod --reference="/$1" "upper/$1"
	mount -c -t overlay -o "lowerdir=/$1,upperdir=upper/$1,workdir=work/$1" \
	    overlay "/$1" ||
	    die "no overlay can be mounted on /$1: this kernel, or the container around this shell, does not allow it (needed: overlayfs, CAP_SYS_ADMIN)"
}
for d in etc usr var root home; do
	overlay "$d"
done
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/sshd /run/lock

# Where a mount above covered the checkout, put it back.
mkdir -p "$SRC"
[ "$SRC" -ef src ] || mount -c --bind src "$SRC"

mount -t tmpfs -o mode=755 dev /dev
for n in null zero full random urandom tty; do
	: >"/dev/$n"
	mount -c --bind "dev/$n" "/dev/$n"
done
mkdir /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
ln -s fd/0 /dev/stdin
ln -s fd/1 /dev/stdout
ln -s fd/2 /dev/stderr
cd "$SRC"

ip link set lo up
hostname stage
cat >/etc/hosts <<EOF
127.0.0.1 localhost stage
127.0.0.1 id.example.test other.example.test own.example.test glewlwyd.example.test
127.0.0.1 login.example.test mail.example.test ldap.example.test
EOF
# Nobody is to be asked about other names, and "nobody" is to answer at once.
echo "nameserver 127.0.0.1" >/etc/resolv.conf

# As packaging/ has it: the broker's user and its folder.
useradd --system --no-create-home --home-dir /nonexistent \
    --shell /usr/sbin/nologin bearerauth
install -d -o bearerauth -g bearerauth -m 700 /var/lib/bearerauth
install -d -o root -g bearerauth -m 750 /etc/bearerauth
for u in alice bob carol; do
	useradd --create-home --shell /bin/bash "$u"
done

rm -f "$OUT"/*
/usr/bin/python3 -I "$SRC/tests/e2e/devlog.py" "$OUT/syslog" &
for _ in $(seq 50); do
	[ -S /dev/log ] && break
	sleep 0.1
done

if [ -e "$TREE/Makefile" ]; then
	quietly install "make install" make -s -C "$TREE" install
fi

status=0
"$@" || status=$?
exit "$status"
