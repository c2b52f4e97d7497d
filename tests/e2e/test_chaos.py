# SPDX-License-Identifier: BSD-2-Clause
"""Stop or kill any process of the chain, at 200 random moments.

In each round a few logins are under way, and one thing is struck: a caller,
a broker, a fetch helper, or the provider.  Whoever was not struck answers
within the deadline; the struck login's caller gets "unavailable", or the
verdict that had been sent; and the store opens again.
"""
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

import stage
from stage import ENV

ROUNDS = 25                     # of each of the eight kinds: 200 moments
DEADLINE = 2                    # seconds, of the PAM service "brief"
SLACK = 1.5                     # of a machine with all of this on it
AT_ONCE = 3
ACCEPTED = "account management done"
UNAVAIL = ("Authentication service cannot retrieve authentication info",
           "account management")
STORE = Path("/var/lib/bearerauth/store.db")


class Caller:
    """A login under way."""

    def __init__(self, token: str, service: str = "brief"):
        self.start = time.monotonic()
        # pylint: disable=consider-using-with
        self.p = subprocess.Popen(
            ["pamtester", service, "alice", "authenticate", "acct_mgmt"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=ENV)
        self.p.stdin.write(token + "\n")
        self.p.stdin.close()
        self.struck = False
        self.text = ""

    def finish(self) -> float:
        """Seconds it took; two questions, so two deadlines at the most."""
        self.text = self.p.stdout.read()
        self.p.wait()
        return time.monotonic() - self.start


def strike(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def find_and_strike(program: str, number: int, seconds: float) -> int:
    """The first process of this program that comes along; its id or 0."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for pid in stage.running(program):
            if strike(pid, number):
                return pid
    return 0


def strike_helper(provider, how: int, rng: random.Random) -> int:
    """It lives for the time of two requests: the provider, stopped already,
    hesitates, so that there is something to hit, at any moment of it."""
    stage.wait_for("a helper", lambda: stage.running(stage.HELPER), 2)
    time.sleep(rng.uniform(0, 0.03))
    if rng.random() < 0.5:
        provider.send(signal.SIGCONT)
        time.sleep(rng.uniform(0, 0.02))
    hit = find_and_strike(stage.HELPER, how, 0.01)
    provider.send(signal.SIGCONT)
    return hit


def store_is_whole() -> None:
    with sqlite3.connect(f"file:{STORE}?mode=ro", uri=True, timeout=5) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert not list(STORE.parent.glob("*.damaged*"))


def judge(callers: list[Caller], may_fail: bool,
          within: float = 2 * DEADLINE) -> None:
    for c in callers:
        seconds = c.finish()
        if c.struck:
            continue
        assert seconds < within + SLACK, (seconds, c.text)
        good = ACCEPTED in c.text
        later = any(x in c.text for x in UNAVAIL) and not good
        assert good or (may_fail and later), c.text
        if may_fail and not good:
            assert "Permission denied" not in c.text
            assert "Authentication failure" not in c.text


STOP, KILL = signal.SIGSTOP, signal.SIGKILL
BLOWS = [pytest.param(what, how, id=f"{what}-{how.name[3:]}")
         for what in ("caller", "broker", "helper", "provider")
         for how in (STOP, KILL)]
MORTAL = "https://id.example.test:4444"     # a provider that may be killed


@pytest.fixture
def rng():
    seed = int(os.environ.get("E2E_SEED", "0")) or random.getrandbits(32)
    print(f"E2E_SEED={seed}")
    return random.Random(seed)


@pytest.mark.parametrize("what, how", BLOWS)
def test_struck_spawned(world, spawned, rng, what, how):
    """Every login has a broker of its own; all share the store."""
    mortal = what == "provider" and how == KILL
    if mortal:
        issuer = {"issuer": MORTAL, "require_scope": "login"}
        stage.write_config({"brief": issuer}, {MORTAL: {}})
    token = world.op.token("alice")
    struck, tries = 0, 0
    while struck < ROUNDS:
        tries += 1
        assert tries < 3 * ROUNDS, "nothing there to strike"
        provider = stage.Provider(MORTAL, 4444) if mortal else world.op
        if mortal:
            token = provider.token("alice")
        stage.forget_store()
        if what == "helper":
            provider.send(STOP)
        # Where one caller alone is struck, the others get in: a broker that
        # asked the provider for it may be gone, so they need their time.
        callers = [Caller(token, "stage" if what == "caller" else "brief")
                   for _ in range(AT_ONCE)]
        if what != "helper":
            time.sleep(rng.uniform(0, 0.08))
        hit = 0
        try:
            if what == "caller":
                hit = callers[0].p.pid
                callers[0].struck = strike(hit, how)
                judge(callers[1:], may_fail=False, within=10)
            elif what == "broker":
                hit = find_and_strike(stage.BROKER, how, 0.5)
                judge(callers, may_fail=True)
            elif what == "helper":
                hit = strike_helper(provider, how, rng)
                judge(callers, may_fail=True)
            else:
                hit = provider.pid
                provider.send(how)
                judge(callers, may_fail=True)
        finally:
            provider.send(signal.SIGCONT)
            if mortal:
                provider.stop(KILL)
            if what == "caller":
                strike(hit, signal.SIGCONT)
                callers[0].finish()
            elif what in ("broker", "helper") and hit:
                strike(hit, signal.SIGKILL)
        struck += bool(hit)
        stage.wait_for("the brokers' end", lambda: not stage.running(stage.BROKER),
                       15)
    store_is_whole()
    stage.forget_store()
    r = stage.pam("stage", "alice", world.op.token("alice"))
    assert r.ok, r.text
    store_is_whole()


@pytest.mark.parametrize("what, how", BLOWS[:-1])
def test_struck_service(world, rng, what, how):
    """One broker for all."""
    token = world.op.token("alice")
    stage.write_config()
    broker = None
    try:
        for _ in range(ROUNDS if what != "provider" else 5):
            if broker is None:
                stage.forget_store()
                broker = stage.Broker()
            if what == "helper":
                world.op.send(signal.SIGSTOP)
            callers = [Caller(token) for _ in range(AT_ONCE)]
            if what != "helper":
                time.sleep(rng.uniform(0, 0.05))
            if what == "caller":
                callers[0].struck = strike(callers[0].p.pid, how)
                judge(callers[1:], may_fail=False)
                strike(callers[0].p.pid, signal.SIGCONT)
                callers[0].finish()
            elif what == "broker":
                broker.send(how)
                judge(callers, may_fail=True)
                if how == signal.SIGSTOP:
                    broker.send(signal.SIGCONT)
                    after = Caller(token)
                    judge([after], may_fail=False)
            elif what == "helper":
                pid = strike_helper(world.op, how, rng)
                judge(callers, may_fail=True)
                if pid and how == signal.SIGSTOP:
                    strike(pid, signal.SIGCONT)
            else:
                strike(world.op.pid, signal.SIGSTOP)
                # What is known of another issuer goes on at once.
                other = stage.pam("brief", "alice", world.own.token("alice"))
                assert other.ok and other.seconds < 1, other.text
                judge(callers, may_fail=True)
                strike(world.op.pid, signal.SIGCONT)
            if what != "caller" and not (what == "broker" and
                                         how == signal.SIGSTOP):
                broker.stop(signal.SIGKILL if what == "broker"
                            else signal.SIGTERM)
                broker = None
                stage.remove_sockets()
    finally:
        strike(world.op.pid, signal.SIGCONT)
        if broker:
            broker.stop()
        stage.remove_sockets()
    store_is_whole()
    with stage.Broker():
        # The issuer was asked in vain a moment ago, and has its rest now.
        r = stage.pam("stage", "alice", world.own.token("alice"))
        assert r.ok, r.text
    store_is_whole()
    stage.forget_store()
    with stage.Broker():
        r = stage.pam("stage", "alice", token)
        assert r.ok, r.text


def test_a_stopped_writer_of_the_store(world, spawned):
    """Somebody holds the store's lock and does not go on."""
    token = world.op.token("alice")
    assert stage.pam("stage", "alice", token).ok
    db = sqlite3.connect(STORE, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        r = stage.pam("stage", "alice", token, what=("authenticate",))
        assert r.seconds < 10
        with stage.Broker():
            r = stage.pam("stage", "alice", token)
            assert r.ok and r.seconds < 10, r.text
        stage.remove_sockets()
    finally:
        db.execute("ROLLBACK")
        db.close()
    assert stage.pam("stage", "alice", token).ok
    store_is_whole()


def test_a_scribbled_store_is_set_aside(world, spawned):
    token = world.op.token("alice")
    assert stage.pam("stage", "alice", token).ok
    for path in STORE.parent.iterdir():
        path.write_bytes(os.urandom(path.stat().st_size or 4096))
    r = stage.pam("stage", "alice", token)
    assert r.ok, r.text
    assert list(STORE.parent.glob("*.damaged*"))
    stage.forget_store()
    assert stage.pam("stage", "alice", token).ok
    store_is_whole()
