# SPDX-License-Identifier: BSD-2-Clause
"""A socket that does not serve is "unavailable", within the deadline.

A broker is spawned only where there is no socket at all (V49).
"""
import contextlib
import os
import shutil
import socket
import threading
import time

import pytest

import stage
import wire
from stage import ASK, CHROOT_ASK, ldap, pam, smtp

UNAVAIL = "Authentication service cannot retrieve authentication info"


class Fake:
    """A socket at path, and somebody there who misbehaves."""

    def __init__(self, path, kind: str):
        self.path, self.kind = path, kind
        path.parent.mkdir(parents=True, exist_ok=True)
        self.s = socket.socket(socket.AF_UNIX)
        self.held = []
        if kind == "foreign-listener":
            # The path is root's, who listens is not.
            self.s.close()
            self.s = None
            self.pid = self.listen_as_carol()
            shutil.chown(path, "root", "root")
            return
        self.s.bind(str(path))
        os.chmod(path, 0o666)
        if kind == "refusing":
            self.s.close()
        elif kind == "full":
            self.s.listen(0)
            for _ in range(2):
                c = socket.socket(socket.AF_UNIX)
                c.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    c.connect(str(path))
                self.held.append(c)
        elif kind == "foreign":
            self.s.listen(16)
            shutil.chown(path, "carol", "carol")
        elif kind == "silent":
            self.s.listen(16)
        else:
            self.s.listen(16)
            threading.Thread(target=self.serve, daemon=True).start()

    def listen_as_carol(self) -> int:
        r, w = os.pipe()
        os.chmod(self.path.parent, 0o777)
        pid = os.fork()
        if pid == 0:
            import pwd
            os.setresuid(*[pwd.getpwnam("carol").pw_uid] * 3)
            s = socket.socket(socket.AF_UNIX)
            s.bind(str(self.path))
            s.listen(16)
            os.write(w, b".")
            while True:
                c, _ = s.accept()
                # Who is not trusted is left at once.
                with contextlib.suppress(OSError):
                    c.recv(65536)
                    c.sendall(wire.frame(wire.VERDICT, {
                        "family": wire.OK, "user": "alice", "expires": 0}))
        os.read(r, 1)
        os.chmod(self.path.parent, 0o755)
        return pid

    def serve(self):
        answers = {
            "closing": b"",
            "garbage": b"HTTP/1.1 200 OK\r\n\r\n" * 10,
            "endless": b"\xff\xff\xff\xff" + b"x" * 4096,
            "half": wire.frame(wire.VERDICT, {"family": 0, "user": "alice",
                                              "expires": 0})[:-3],
            "no-user": wire.frame(wire.VERDICT, {"family": 0, "expires": 0}),
            "other-user": wire.frame(wire.VERDICT, {
                "family": 0, "user": "mallory", "expires": 0}),
            "bad-family": wire.frame(wire.VERDICT, {"family": 200}),
        }
        while True:
            try:
                c, _ = self.s.accept()
                c.recv(65536)
                c.sendall(answers[self.kind])
                c.shutdown(socket.SHUT_WR)
                c.close()
            except OSError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.s is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        else:
            with contextlib.suppress(OSError):
                self.s.shutdown(socket.SHUT_RDWR)
            self.s.close()
        for c in self.held:
            c.close()
        self.path.unlink()


KINDS = ["refusing", "silent", "full", "foreign", "foreign-listener",
         "closing", "garbage", "endless", "half", "other-user", "bad-family"]


@pytest.fixture
def nobody(world):
    """No broker, and nothing where its sockets would be."""
    stage.remove_sockets()
    stage.write_config()
    ASK.parent.mkdir(exist_ok=True)


@pytest.mark.parametrize("kind", KINDS)
def test_PAM(nobody, world, audit, kind):
    with Fake(ASK, kind):
        r = pam("brief", "alice", world.op.token("alice"),
                what=("authenticate",))
    assert not r.ok and UNAVAIL in r.text, r.text
    assert r.seconds < 2.5
    # Never a downgrade: nobody was spawned.
    assert "bearerauthd[" not in audit.text()


@pytest.mark.parametrize("kind", KINDS)
def test_SASL(nobody, world, kind):
    with Fake(ASK, kind), Fake(CHROOT_ASK, kind):
        r = ldap(world.op.token("alice"), authzid="alice")
        assert r.code == 52 or (kind.startswith("foreign") and
                                r.code in (7, 52)), r.text
        assert r.seconds < 3.5
        r = smtp_code(world.op.token("alice"), authzid="alice")
        assert r.code == 454 or (kind.startswith("foreign") and
                                 not r.ok), r.text
        assert r.seconds < 3.5


def test_an_acceptance_of_nobody(nobody, world):
    """No authzid was asked for, and no name came back: who is it?"""
    with Fake(ASK, "no-user"):
        r = ldap(world.op.token("alice"))
        assert r.code == 52, r.text
    with stage.Broker():
        assert ldap(world.op.token("alice")).ok


def smtp_code(token, **kw):
    """Where no mechanism is left, smtpd offers no AUTH, or hangs up."""
    start = time.monotonic()
    try:
        return smtp(token, **kw)
    except OSError as e:        # smtplib's errors are of this family
        return stage.Login(False, str(e), -1, time.monotonic() - start)


def test_default_deadline_of_PAM_10s(nobody, world):
    with Fake(ASK, "silent"):
        r = pam("stage", "alice", world.op.token("alice"),
                what=("authenticate",))
    assert not r.ok and UNAVAIL in r.text
    assert 8 < r.seconds < 11


def test_absent_and_not_root(nobody, world, audit):
    """Nobody but root spawns."""
    r = stage.subprocess.run(
        stage.as_user("carol", ["pamtester", "stage", "alice",
                                "authenticate"]),
        input=world.op.token("alice") + "\n", text=True,
        stdout=-1, stderr=-2, env=stage.ENV, timeout=15, check=False)
    assert r.returncode != 0 and UNAVAIL in r.stdout, r.stdout
    assert "bearerauthd[" not in audit.text()
    assert pam("stage", "alice", world.op.token("alice")).ok
    assert "bearerauthd[" in audit.text()


def test_absent_by_SASL(nobody, world, audit):
    """slapd and smtpd are not root: no mechanism, and nobody spawned."""
    assert not ldap(world.op.token("alice")).ok
    r = smtp_code(world.op.token("alice"))
    assert not r.ok and r.seconds < 10
    assert "bearerauthd[" not in audit.text()


@pytest.mark.parametrize("what", ["writable-directory", "symlink",
                                  "foreign-directory", "regular-file"])
def test_a_path_not_to_be_trusted(nobody, world, audit, what):
    """And with the same path mended, the same broker lets alice in."""
    elsewhere = stage.Path("/run/elsewhere")
    with stage.Broker():
        token = world.op.token("alice")
        if what == "writable-directory":
            os.chmod(ASK.parent, 0o777)
        elif what == "foreign-directory":
            shutil.chown(ASK.parent, "carol")
        else:
            ASK.rename(elsewhere)
            if what == "symlink":
                ASK.symlink_to(elsewhere)
            else:
                ASK.write_text("")
        r = pam("brief", "alice", token, what=("authenticate",))
        assert not r.ok and UNAVAIL in r.text
        assert audit.lines() == []
        if what == "writable-directory":
            os.chmod(ASK.parent, 0o755)
        elif what == "foreign-directory":
            shutil.chown(ASK.parent, "root")
        else:
            ASK.unlink()
            elsewhere.rename(ASK)
        assert pam("stage", "alice", token).ok


def test_a_broker_that_was_killed_refuses_and_spawns_nobody(nobody, world,
                                                            audit):
    broker = stage.Broker()
    broker.stop(stage.signal.SIGKILL)
    assert ASK.exists()
    mark = len(audit.text())
    r = pam("brief", "alice", world.op.token("alice"),
            what=("authenticate",))
    assert not r.ok and UNAVAIL in r.text and r.seconds < 2.5
    assert "bearerauthd[" not in audit.text()[mark:]
    with stage.Broker():
        assert pam("stage", "alice", world.op.token("alice")).ok
