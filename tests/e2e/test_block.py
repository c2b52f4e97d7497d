# SPDX-License-Identifier: BSD-2-Clause
"""bearerauth block: who may not enter, whatever their tokens say."""
import re
import subprocess
import time

import pytest

import stage
from stage import pam, ssh

PERM_DENIED = "Permission denied"


def bearerauth(*args: str, fails: bool = False) -> str:
    r = subprocess.run(["bearerauth", *args], text=True, env=stage.ENV,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False, timeout=20)
    assert (r.returncode != 0) == fails, r.stdout
    return r.stdout


def block(*args: str) -> None:
    bearerauth("block", "--issuer", stage.OWN, *args)


def unblock(*args: str) -> None:
    bearerauth("unblock", "--issuer", stage.OWN, *args)


@pytest.fixture(params=["service", "spawned"])
def log_in(request, world):
    """How to log in; the list is always made by way of the service."""
    stage.write_config()
    if request.param == "service":
        with stage.Broker():
            yield lambda token, user="alice": pam("stage", user, token)
        return

    def spawned(token, user="alice"):
        sockets = (stage.ASK, stage.CONTROL, stage.CHROOT_ASK)
        for path in sockets:
            path.rename(str(path) + ".away")
        try:
            return pam("stage", user, token)
        finally:
            for path in sockets:
                stage.Path(str(path) + ".away").rename(path)

    with stage.Broker():
        yield spawned


@pytest.fixture(autouse=True)
def nobody_blocked(world):
    yield
    for path in stage.STORE.glob("block*"):
        path.unlink()


def denied(r) -> bool:
    return not r.ok and PERM_DENIED in r.text


@pytest.mark.parametrize("what", [("--sub", "alice"), ("--client", "stage"),
                                  ("--all",)], ids=lambda x: x[0][2:])
def test_blocked_and_back(world, log_in, audit, what):
    """The next login of every process; and what is not meant goes on."""
    token = world.own.token("alice")
    assert log_in(token).ok
    block(*what)
    r = log_in(token)
    assert denied(r), r.text
    line = audit.lines()[-1]
    assert line["error"] == "BLOCKED" and line["check"] == "block"
    bob = world.own.token("bob", client_id="another")
    assert log_in(bob, "bob").ok == (what[0] != "--all")
    # Another issuer's alice is somebody else.
    assert log_in(world.op.token("alice")).ok
    unblock(*what)
    assert log_in(token).ok


def test_until_a_time(world, log_in):
    token = world.own.token("alice")
    end = int(time.time()) + 3
    block("--sub", "alice", "--until",
          time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)))
    assert denied(log_in(token))
    stage.wait_for("the time", lambda: time.time() > end + 0.1, 5)
    assert log_in(token).ok


def test_kept_across_a_restart(world, spawned):
    token = world.own.token("alice")
    with stage.Broker():
        block("--sub", "alice")
    with stage.Broker() as broker:
        assert denied(pam("stage", "alice", token))
        broker.stop(stage.signal.SIGKILL)
    with stage.Broker():
        assert denied(pam("stage", "alice", token))
        stage.reload()
        assert denied(pam("stage", "alice", token))
        unblock("--sub", "alice")
        assert pam("stage", "alice", token).ok


def test_without_a_service(world, spawned):
    """root blocks, and the file is the broker's all the same."""
    token = world.own.token("alice")
    assert pam("stage", "alice", token).ok
    block("--sub", "alice")
    path, = [p for p in stage.STORE.glob("block*") if p.stat().st_size]
    assert path.owner() == "bearerauth"
    assert path.stat().st_mode & 0o077 == 0
    assert denied(pam("stage", "alice", token))
    assert "alice" in bearerauth("blocks")
    with stage.Broker():
        assert denied(pam("stage", "alice", token))
        unblock("--sub", "alice")
    stage.remove_sockets()
    assert pam("stage", "alice", token).ok


def test_the_account_phase_of_a_login_before(world, service, audit):
    """Who came in a moment ago is asked about again."""
    token = world.own.token("alice")
    stage.write_pam("late")
    stage.Path("/etc/pam.d/late").write_text(stage.Path(
        "/etc/pam.d/late").read_text().replace(
            "account  required  pam_oauth2.so",
            "account  required  pam_exec.so quiet /run/stage/between\n"
            "account  required  pam_oauth2.so"))
    between = stage.RUN / "between"
    stage.write_config({"late": stage.default_services()["stage"]})
    stage.reload()

    def script(text: str) -> None:
        between.write_text("#!/bin/sh\nPATH=/usr/bin:/bin\n" + text)
        between.chmod(0o755)

    script("exit 0\n")
    assert pam("late", "alice", token).ok
    script(f"exec bearerauth block --issuer {stage.OWN} --sub alice\n")
    r = pam("late", "alice", token)
    assert not r.ok and PERM_DENIED in r.text
    assert audit.lines()[-1]["verdict"] == "accepted"
    assert audit.lines("account")[-1]["error"] == "BLOCKED"


def test_through_sshd(world, service):
    token = world.own.token("alice")
    assert ssh("alice", token).ok
    block("--sub", "alice")
    r = ssh("alice", token)
    assert not r.ok and "Permission denied" in r.text
    unblock("--sub", "alice")
    assert ssh("alice", token).ok


def test_an_introspected_token_too(world, audit):
    """By what the issuer says, since the token itself says nothing."""
    asker = world.askers["none"]
    stage.write_config(
        {"stage": {"issuer": stage.ISSUER, "opaque_issuer": stage.ISSUER}},
        {stage.ISSUER: asker.issuer(audience="urn:stage:opaque")})
    token = world.op.token("alice", "urn:stage:opaque")
    with stage.Broker():
        assert pam("stage", "alice", token).ok
        bearerauth("block", "--issuer", stage.ISSUER, "--client", "stage")
        assert denied(pam("stage", "alice", token))
        assert audit.lines()[-1]["error"] == "BLOCKED"


def test_blocks_lists_them(world, service):
    assert stage.OWN not in bearerauth("blocks")
    block("--sub", "alice")
    block("--client", "a client\twith a tab", "--until", "2099-01-01T00:00:00Z")
    block("--all")
    text = bearerauth("blocks")
    assert len(re.findall(re.escape(stage.OWN), text)) == 3
    assert "alice" in text and "2099-01-01" in text
    # The same once more is no second entry.
    block("--sub", "alice")
    assert len(re.findall(re.escape(stage.OWN), bearerauth("blocks"))) == 3
    unblock("--all")
    assert len(re.findall(re.escape(stage.OWN), bearerauth("blocks"))) == 2
    # What is not there cannot be taken away, and that is said.
    bearerauth("unblock", "--issuer", stage.OWN, "--all", fails=True)


def test_many_blocks_cost_nothing(world, service):
    """A thousand entries, and the list in pieces."""
    block("--sub", "somebody")
    path, = [p for p in stage.STORE.glob("block*")
             if b"somebody" in p.read_bytes()]
    line = path.read_text()
    path.write_text("".join(line.replace("somebody", f"somebody-{i}")
                            for i in range(1000)) + line)
    assert pam("stage", "alice", world.own.token("alice")).ok
    text = bearerauth("blocks")
    assert text.count("somebody-") == 1000
    block("--sub", "alice")
    assert denied(pam("stage", "alice", world.own.token("alice")))


def test_a_list_that_cannot_be_read_lets_nobody_in(world, service, audit):
    block("--sub", "bob")
    path, = [p for p in stage.STORE.glob("block*") if b"bob" in p.read_bytes()]
    before = path.read_bytes()
    token = world.own.token("alice")
    assert pam("stage", "alice", token).ok
    for bad in (before[:-5], b"[]\n", before + b"{}\n"):
        path.write_bytes(bad)
        r = pam("stage", "alice", token)
        assert not r.ok and PERM_DENIED not in r.text
        assert audit.lines()[-1]["error"] == "BLOCKS"
    path.write_bytes(before)
    assert pam("stage", "alice", token).ok


def test_only_root_blocks(world, service):
    r = subprocess.run(
        stage.as_user("carol", ["bearerauth", "block", "--issuer", stage.OWN,
                                "--all"]), text=True, env=stage.ENV,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert r.returncode != 0, r.stdout
    assert pam("stage", "alice", world.own.token("alice")).ok
