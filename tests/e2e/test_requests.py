# SPDX-License-Identifier: BSD-2-Clause
"""What a login costs the provider, and what a spawned broker loads."""
import re
import signal
import subprocess

import pytest

import stage
from stage import ENV, ldap, pam, smtp, ssh, su

BOTH = ["/.well-known/openid-configuration", "/jwks"]


@pytest.fixture
def cold(world):
    """Nothing is known of the issuer."""
    stage.remove_sockets()
    stage.forget_store()
    world.op.forget_requests()


def test_two_logins_one_asking(cold, world, either):
    for _ in range(2):
        assert pam("stage", "alice", world.op.token("alice")).ok
    assert world.op.requests() == BOTH


def test_all_hosts_one_asking(cold, world, service):
    for r in (ssh("alice", world.op.token("alice")),
              su("bob", world.op.token("bob")),
              ldap(world.op.token("alice")), smtp(world.op.token("bob"))):
        assert r.ok, r.text
    assert world.op.requests() == BOTH


def test_sshd_and_su_spawned_one_asking(cold, world, spawned):
    assert ssh("alice", world.op.token("alice")).ok
    assert su("bob", world.op.token("bob")).ok
    assert world.op.requests() == BOTH


def test_ten_at_once_one_asking_V38(cold, world, either):
    import concurrent.futures
    token = world.op.token("alice")
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda _: pam("stage", "alice", token),
                             range(10)))
    assert all(r.ok for r in done), [r.text for r in done]
    assert world.op.requests() == BOTH


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_asking_outlives_its_caller_V50(cold, world, spawned, how):
    """Whoever gives up half-way leaves the keys to the next, not a wait."""
    token = world.op.token("alice")
    world.op.send(signal.SIGSTOP)
    try:
        with subprocess.Popen(["pamtester", "stage", "alice", "authenticate"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=ENV,
                              preexec_fn=stage.interruptible) as caller:
            caller.stdin.write(token + "\n")
            caller.stdin.flush()
            stage.wait_for("a helper", lambda: stage.running(stage.HELPER))
            caller.send_signal(how)
            caller.stdin.close()
    finally:
        world.op.send(signal.SIGCONT)
    stage.wait_for("its broker's end",
                   lambda: not stage.running(stage.BROKER), 8)
    assert world.op.requests() == BOTH
    r = pam("stage", "alice", token)
    assert r.ok and r.seconds < 1, r.text
    assert world.op.requests() == BOTH


def test_an_unknown_kid_asks_once_in_a_while_V38(cold, world, service):
    """A flood of tokens with invented kids is no flood of requests."""
    token = world.op.token("alice")
    header, claims = stage.mint.parts(token)
    assert pam("stage", "alice", token).ok
    for i in range(5):
        bad = stage.mint.sign({**header, "kid": f"no-{i}"}, claims,
                              world.stranger)
        assert not pam("stage", "alice", bad).ok
    assert len(world.op.requests()) <= 2 * len(BOTH)
    assert pam("stage", "alice", token).ok


def traced_login(token: str) -> str:
    """strace of a login by a spawned broker: files opened, programs run."""
    out = stage.RUN / "strace"
    r = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(out), "-e",
         "trace=openat,execve,connect", "pamtester", "stage", "alice",
         "authenticate", "acct_mgmt"], input=token + "\n", text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENV,
        timeout=30, check=False)
    assert r.returncode == 0, r.stdout
    return out.read_text()


def test_no_libcurl_with_keys_in_the_store(cold, world, spawned):
    token = world.op.token("alice")
    first = traced_login(token)
    assert re.search(r'execve\("[^"]*/bearerauth-fetch".*= 0', first)
    assert re.search(r'openat\(.*libcurl[^"]*".* = \d', first)
    second = traced_login(token)
    assert re.search(r'execve\("[^"]*/bearerauthd".*= 0', second)
    assert "bearerauth-fetch" not in second
    assert "libcurl" not in second
    assert "AF_INET" not in second
    assert world.op.requests() == BOTH


def test_the_broker_itself_never_maps_libcurl(cold, world, spawned):
    """Also while it has a request made: that is another process."""
    out = traced_login(world.op.token("alice"))
    curl = {x.split()[0] for x in out.splitlines() if "libcurl" in x}
    fetch = {x.split()[0] for x in out.splitlines()
             if "execve" in x and "bearerauth-fetch" in x}
    assert curl and curl == fetch


def test_maps_of_the_service(world, service):
    assert pam("stage", "alice", world.op.token("alice")).ok
    maps = stage.Path(f"/proc/{service.pid}/maps").read_text()
    assert "libcrypto" in maps
    assert "libcurl" not in maps and "libssl" not in maps
