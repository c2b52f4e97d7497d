# SPDX-License-Identifier: BSD-2-Clause
"""The broker: who it is, whom it answers, what it survives."""
import os
import re
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

import stage
import wire
from stage import ASK, CONTROL, ENV, pam


def status_of(pid: int) -> dict:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {k: v.strip() for k, v in (x.split(":", 1) for x in lines)}


def brokers() -> list[int]:
    """Ids of all processes that run bearerauthd."""
    found = []
    for p in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(p / "exe") == stage.BROKER:
                found.append(int(p.name))
        except OSError:
            pass
    return found


def check_identity(pid: int) -> None:
    import pwd
    pw = pwd.getpwnam("bearerauth")
    s = status_of(pid)
    assert s["Uid"].split() == [str(pw.pw_uid)] * 4
    assert s["Gid"].split() == [str(pw.pw_gid)] * 4
    assert set(s["Groups"].split()) <= {str(pw.pw_gid)}
    for caps in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(s[caps], 16) == 0
    assert s["NoNewPrivs"] == "1"
    assert s["Threads"] == "1"
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0", limits)
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"SECRET" not in environ


def test_service_ends_as_its_user(world, service):
    check_identity(service.pid)
    st = ASK.stat()
    assert (st.st_uid, st.st_mode & 0o777) == (0, 0o666)
    st = ASK.parent.stat()
    assert (st.st_uid, st.st_mode & 0o777) == (0, 0o755)
    st = CONTROL.stat()
    assert (st.st_uid, st.st_mode & 0o777) == (0, 0o600)


@pytest.fixture
def hung_login(world, spawned):
    """su of carol, whose broker waits for a provider that is stopped."""
    import pexpect
    stage.forget_store()
    world.op.send(stage.signal.SIGSTOP)
    argv = stage.as_user("carol", ["su", "alice", "-c", stage.SAY_WHO])
    child = pexpect.spawn(argv[0], argv[1:], timeout=20, encoding="utf-8",
                          env={**ENV, "SECRET": "of the caller"})
    child.delaybeforesend = None
    child.expect("OAuth token: ")
    child.sendline(world.op.token("alice"))
    stage.wait_for("a spawned broker", brokers)
    time.sleep(0.1)
    yield brokers()[0]
    world.op.send(stage.signal.SIGCONT)
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus in (0, 1)
    stage.wait_for("the broker's end", lambda: not brokers())


def test_spawned_ends_as_its_user(hung_login):
    check_identity(hung_login)
    fds = {int(x): os.readlink(f"/proc/{hung_login}/fd/{x}")
           for x in os.listdir(f"/proc/{hung_login}/fd")}
    assert {fds[0], fds[1], fds[2]} == {"/dev/null"}
    assert not [x for x in fds.values() if x.startswith("/dev/pts")]


def test_no_token_in_argv_or_environment_TOK_06(world, hung_login):
    """Of no process there is, while a login is under way."""
    token = world.op.token("alice")
    looked = 0
    for p in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                data = (p / name).read_bytes()
            except OSError:
                continue
            looked += 1
            for part in token.split("."):
                assert part[:30].encode() not in data, p
    assert looked > 20


def attack(pid: int) -> list[str]:
    """What somebody can do to a process; runs as that somebody."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    can = []

    def signal(number: int) -> None:
        try:
            os.kill(pid, number)
            can.append(f"signal {number}")
        except PermissionError:
            pass

    signal(0)
    signal(stage.signal.SIGSTOP)
    for request in (0x4206, 16):        # SEIZE, ATTACH
        if libc.ptrace(request, pid, 0, 0) == 0:
            can.append("ptrace")
    for name in ("mem", "environ", "maps", "fd"):
        try:
            if name == "fd":
                os.listdir(f"/proc/{pid}/fd")
            else:
                with open(f"/proc/{pid}/{name}", "rb") as f:
                    f.read(1)
            can.append(f"read {name}")
        except OSError:
            pass
    signal(stage.signal.SIGKILL)
    return can


def test_the_caller_of_su_cannot_touch_the_spawned_broker_V50(hung_login):
    assert stage.call_as("carol", attack, hung_login) == []
    # The same attack on a process of carol's own succeeds.
    mine = subprocess.Popen(stage.as_user("carol", ["sleep", "60"]))
    time.sleep(0.2)
    try:
        can = stage.call_as("carol", attack, mine.pid)
        assert {"signal 9", "ptrace", "read environ"} <= set(can)
    finally:
        mine.kill()
        mine.wait()


def test_nor_at_any_moment_of_its_life_V50(world, spawned):
    """Somebody of carol's uid tries on everything called bearerauthd."""
    attacker = subprocess.Popen(
        stage.as_user("carol", ["/usr/bin/python3", "-I", "-c", """
import os, signal
print("ready", flush=True)
while True:
    for pid in os.listdir("/proc"):
        try:
            if pid.isdigit() and open(f"/proc/{pid}/comm").read().startswith("bearerauth"):
                print("seen", flush=True)
                os.kill(int(pid), signal.SIGSTOP)
                print("stopped it", flush=True)
        except OSError:
            pass
"""]), stdout=subprocess.PIPE, text=True)
    attacker.stdout.readline()
    try:
        for _ in range(15):
            r = stage.su("alice", world.op.token("alice"))
            assert r.ok, r.text
    finally:
        attacker.kill()
        said = attacker.stdout.read()
        attacker.wait()
    assert "seen" in said
    assert "stopped it" not in said


# --- who may ask -------------------------------------------------------------

def test_user_postfix_asks_for_smtp_only_V51(world, service, audit):
    token = world.op.token("alice")

    def ask(name):
        return wire.ask(str(ASK), name, token, user="alice", uid=1001)[0]

    assert stage.call_as("postfix", ask, "smtp") == wire.OK
    for name in ("sshd", "su", "ldap", "stage"):
        assert stage.call_as("postfix", ask, name) == wire.NOT_ALLOWED
    assert stage.call_as("carol", ask, "sshd") == wire.NOT_ALLOWED
    import pwd
    uid = pwd.getpwnam("alice").pw_uid
    assert wire.ask(str(ASK), "sshd", token, user="alice",
                    uid=uid)[0] == wire.OK
    # The service's name does not help either where there is no section.
    assert wire.ask(str(ASK), "nosection", token, user="alice",
                    uid=uid)[0] == wire.NOT_ALLOWED
    assert "PEER" in {x.get("error") for x in audit.lines()}


def test_a_refusal_by_peer_says_nothing_of_the_token_V51(world, service):
    """The same answer for good, bad and unreachable."""
    def ask(token):
        return wire.ask(str(ASK), "sshd", token, user="alice", uid=1001)
    answers = [stage.call_as("postfix", ask, t) for t in (
        world.op.token("alice"), world.forgeries["garbage-signature"],
        world.unreachable)]
    assert answers[0] == answers[1] == answers[2]


def test_the_control_socket_is_roots(world, service):
    def connect():
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(str(CONTROL))
    assert stage.call_as("carol", connect) == 13        # EACCES
    assert stage.call_as("bearerauth", connect) == 13
    assert connect() == 0
    r = subprocess.run(["bearerauth", "status"], text=True, check=False,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert r.returncode == 0, r.stdout
    r = subprocess.run(stage.as_user("carol", ["bearerauth", "status"]),
                       text=True, check=False, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT)
    assert r.returncode != 0


def test_a_lying_host_gains_nothing_for_root(world, service):
    """Whatever uid the asker claims for the name."""
    token = world.op.token("root")
    for uid in (0, 1, 999, 1001):
        assert wire.ask(str(ASK), "sshd", token, user="root",
                        uid=uid)[0] == wire.NOT_ALLOWED


# --- noise -------------------------------------------------------------------

def noise(kind: str) -> None:
    """100,000 bytes, one way or another."""
    r = os.urandom
    sends = {
        "random": [r(100_000)],
        "long-frame": [struct.pack(">I", 70_000) + r(99_996)],
        "right-head": [struct.pack(">I", 60_000) + b"\x01\x01" + r(99_994)],
        "too-long-frame": [b"\xff\xff\xff\xff" + r(99_996)],
        "many-frames": [wire.frame(wire.REPLY, {"text": "x" * 90})] * 1000,
        "byte-by-byte": [bytes([b]) for b in r(2000)],
        "one-a-connection": None,
    }[kind]
    if sends is None:
        for _ in range(500):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(str(ASK))
                try:
                    s.sendall(r(200))
                except OSError:
                    pass
        return
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(ASK))
        try:
            for data in sends:
                s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while s.recv(4096):
                pass
        except OSError:
            pass


@pytest.mark.parametrize("kind", [
    "random", "long-frame", "right-head", "too-long-frame", "many-frames",
    "byte-by-byte", "one-a-connection"])
def test_noise_is_noticed_by_nobody(world, service, kind):
    import threading
    token = world.op.token("alice")
    assert pam("stage", "alice", token).ok
    t = threading.Thread(target=stage.call_as, args=("bob", noise, kind))
    t.start()
    slowest = 0.0
    while True:
        r = pam("stage", "alice", token)
        assert r.ok, r.text
        slowest = max(slowest, r.seconds)
        if not t.is_alive():
            break
    t.join()
    assert slowest < 1
    assert pam("stage", "alice", token).ok
    assert service.process.poll() is None


def test_idle_connections_of_one_user_crowd_out_nobody(world, service):
    """The quota per uid, and the places kept for root."""
    def crowd():
        held = []
        for _ in range(400):
            s = socket.socket(socket.AF_UNIX)
            s.setblocking(False)
            try:
                s.connect(str(ASK))
            except OSError:
                pass
            held.append(s)
        time.sleep(1.5)
        return len(held)
    import threading
    t = threading.Thread(target=stage.call_as, args=("bob", crowd))
    t.start()
    time.sleep(0.3)
    while t.is_alive():
        assert pam("stage", "alice", world.op.token("alice")).ok
        r = stage.smtp(world.op.token("alice"))
        assert r.ok, r.text
    t.join()


def test_half_a_question_is_dropped_after_2s(world, service):
    with wire.Conversation(str(ASK)) as c:
        data = wire.frame(wire.ASK, wire.ask_fields(
            "sshd", world.op.token("alice")))
        c.s.sendall(data[:-10])
        start = time.monotonic()
        with pytest.raises((EOFError, ConnectionResetError)):
            c.receive()
        assert 1.5 < time.monotonic() - start < 3
    with wire.Conversation(str(ASK)) as c:
        c.s.sendall(data[:-10])
        time.sleep(0.5)
        c.s.sendall(data[-10:])
        assert c.receive()[0] == wire.VERDICT


def test_one_callers_network_is_nobody_elses(world, service):
    """While a provider hangs, tokens of another one get in at once."""
    import threading
    stage.forget_store()
    service.stop()
    stage.remove_sockets()
    with stage.Broker():
        assert pam("stage", "alice", world.other.token("alice")).ok
        token = world.op.token("bob")
        world.op.send(stage.signal.SIGSTOP)
        try:
            waiting = []
            t = threading.Thread(target=lambda: waiting.append(
                pam("stage", "bob", token)))
            t.start()
            time.sleep(0.3)
            for _ in range(5):
                r = pam("stage", "alice", world.other.token("alice"))
                assert r.ok and r.seconds < 1, r.text
            assert t.is_alive()
            t.join()
            assert not waiting[0].ok and waiting[0].seconds < 10.5
        finally:
            world.op.send(stage.signal.SIGCONT)
    stage.forget_store()        # it says when the provider was asked in vain


# --- as the service manager starts it ----------------------------------------

def test_sockets_by_LISTEN_FDS_and_READY(world):
    """Never root: the manager made the sockets, and is told when."""
    import pwd
    stage.remove_sockets()
    stage.write_config(listen=False)
    ASK.parent.mkdir(exist_ok=True)
    pw = pwd.getpwnam("bearerauth")
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind("/run/notify")
    os.chmod("/run/notify", 0o666)
    notify.settimeout(10)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(ASK))
    os.chmod(ASK, 0o666)
    listener.listen(64)
    pid = os.fork()
    if pid == 0:
        os.dup2(listener.fileno(), 3, inheritable=True)
        os.setgroups([])
        os.setresgid(*[pw.pw_gid] * 3)
        os.setresuid(*[pw.pw_uid] * 3)
        os.execve(stage.BROKER, [stage.BROKER, "--log", "syslog"], {
            "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1",
            "LISTEN_FDNAMES": "ask", "NOTIFY_SOCKET": "/run/notify"})
    try:
        assert b"READY=1" in notify.recv(4096)
        check_identity(pid)
        assert pam("stage", "alice", world.op.token("alice")).ok
        os.kill(pid, stage.signal.SIGTERM)
        assert b"STOPPING=1" in notify.recv(4096)
        assert os.waitpid(pid, 0)[1] == 0
        pid = 0
    finally:
        if pid:
            os.kill(pid, stage.signal.SIGKILL)
            os.waitpid(pid, 0)
        notify.close()
        os.unlink("/run/notify")
        listener.close()
        stage.remove_sockets()


def test_a_bad_reload_keeps_the_old_configuration(world, service, audit):
    token = world.op.token("alice")
    assert pam("stage", "alice", token).ok
    stage.write_config(extra="[service broken]\nissuers = x\n")
    service.send(stage.signal.SIGHUP)
    stage.wait_for("a complaint", lambda: re.search(
        r"bearerauth\.conf:\d+", audit.text()), 5)
    assert pam("stage", "alice", token).ok
    stage.write_config({"stage": None})
    stage.reload()
    assert not pam("stage", "alice", token).ok
    stage.write_config()
    stage.reload()
    assert pam("stage", "alice", token).ok


@pytest.mark.parametrize("mistake", ["unknown-key", "world-writable",
                                     "foreign-owner", "symlink"])
def test_no_start_with_a_bad_configuration_PM_11(world, mistake):
    stage.remove_sockets()
    stage.write_config()
    good = stage.CONFIG.read_text()
    if mistake == "unknown-key":
        stage.write_config(extra="[service x]\nisuer = y\n")
    elif mistake == "world-writable":
        stage.CONFIG.chmod(0o666)
    elif mistake == "foreign-owner":
        stage.shutil.chown(stage.CONFIG, "carol")
    else:
        stage.CONFIG.rename("/etc/bearerauth/real")
        stage.CONFIG.symlink_to("/etc/bearerauth/real")
    try:
        with pytest.raises(RuntimeError):
            stage.Broker()
        # Spawned, it lets nobody in either: our fault.
        r = pam("stage", "alice", world.op.token("alice"))
        assert not r.ok
        r = subprocess.run(["bearerauth", "config", "test"], text=True,
                           stdout=subprocess.PIPE, check=False,
                           stderr=subprocess.STDOUT)
        assert r.returncode != 0
        assert "bearerauth.conf" in r.stdout
    finally:
        stage.CONFIG.unlink()
        stage.write_config()
    assert stage.CONFIG.read_text() == good
    with stage.Broker():
        assert pam("stage", "alice", world.op.token("alice")).ok
