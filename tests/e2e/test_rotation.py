# SPDX-License-Identifier: BSD-2-Clause
"""Keys for years: rotated, gone, out of reach, and back.

The service's clock is set forward instead of being waited for; what it asks
the provider is counted there.
"""
import itertools
import shutil
import subprocess
import time

import pytest

import stage
import wire
from stage import pam

OK, REFUSED, UNAVAILABLE = wire.OK, wire.REFUSED, wire.UNAVAILABLE
COOLDOWN = 31                   # s, and a moment
DAY = 86400
NUMBERS = itertools.count(1)


class Issuer:
    """One of the rogue's, fresh, and the only one of service "rotation"."""

    def __init__(self, rogue, **config):
        self.rogue = rogue
        self.url = rogue.issuer(f"keys/good/rotation-{next(NUMBERS)}")
        stage.forget_store()
        stage.write_config(
            {"rotation": {"issuer": self.url, "accounts": "virtual"}},
            {self.url: config})

    def token(self, kid: str = "rogue-1", **more) -> str:
        return self.rogue.token(self.url, kid=kid,
                                exp=int(time.time()) + 30 * DAY, **more)

    def set(self, **values) -> None:
        self.rogue.set(self.url, **values)

    def asked(self) -> tuple[int, int]:
        """Requests for metadata and keys."""
        n = self.rogue.count(self.url)
        return n["metadata"], n["keys"]


@pytest.fixture
def clock(world):
    return stage.Clock()


def ask(token: str, deadline: float = 5) -> int:
    return wire.ask(str(stage.ASK), "rotation", token, user="alice",
                    uid=1001, deadline=int(deadline * 1000))[0]


def keys_info(url: str, *more: str) -> str:
    return subprocess.run(
        ["bearerauth", "keys", "--issuer", url, *more], check=True,
        text=True, stdout=subprocess.PIPE, env=stage.ENV).stdout


def test_a_new_kid_and_an_old_one_MD_05_V38(rogue, clock):
    """A new key is fetched when it is seen; what is gone is gone with the
    next fetch; each within one request a cooldown."""
    issuer = Issuer(rogue)
    old, new = issuer.token("rogue-1"), issuer.token("rogue-2")
    with stage.Broker(env=clock.env):
        assert ask(old) == OK
        issuer.set(kids=["rogue-1", "rogue-2"])
        clock.pass_by(COOLDOWN)
        assert ask(new) == OK
        assert ask(old) == OK
        issuer.set(kids=["rogue-2"])
        assert ask(old) == OK           # nobody told us yet
        clock.pass_by(COOLDOWN)
        assert ask(issuer.token("rogue-3")) == REFUSED
        assert ask(old) == REFUSED
        assert ask(new) == OK
        assert issuer.asked()[1] == 3
        # Within the cooldown nothing is asked.
        assert ask(issuer.token("rogue-3")) == REFUSED
        assert issuer.asked()[1] == 3


@pytest.mark.parametrize("kind", ["empty", "500", "private", "hang", "no-json",
                                  "wrong"])
def test_no_bad_answer_takes_good_keys_away_V38(rogue, clock, kind):
    issuer = Issuer(rogue)
    good = issuer.token()
    with stage.Broker(env=clock.env):
        assert ask(good) == OK
        if kind == "wrong":
            issuer.set(metadata="wrong-issuer", keys="404")
        else:
            issuer.set(keys=kind)
        clock.pass_by(COOLDOWN)
        family = ask(issuer.token("rogue-2"), 2)
        assert family in (REFUSED, UNAVAILABLE)
        assert ask(good) == OK
        issuer.set(keys="good", metadata="good", kids=["rogue-2"])

        def later() -> bool:
            clock.pass_by(COOLDOWN)
            return ask(issuer.token("rogue-2")) == OK
        # A request that hangs ends by a clock that we do not set.
        stage.wait_for("the next one", later, 10)


def test_keys_end_with_their_life_MD_05(rogue, clock):
    """Within what the issuer says and what is configured."""
    for cache, life in (("max-age=600", 600), ("max-age=1", 300),
                        ("max-age=999999", 1200), ("no-store", 300)):
        issuer = Issuer(rogue, min_key_life=300, max_key_life=1200)
        issuer.set(cache=cache)
        clock.set(0)
        with stage.Broker(env=clock.env):
            assert ask(issuer.token()) == OK
            issuer.set(kids=["rogue-2"])
            clock.pass_by(life / 2)     # before any refresh is due
            assert ask(issuer.token()) == OK
            clock.pass_by(life / 2 + 2)
            # Whoever comes meanwhile is still served; then it is known.
            stage.wait_for("the keys' refresh", lambda i=issuer: ask(
                i.token()) == REFUSED, 5)
            assert ask(issuer.token("rogue-2")) == OK
            assert issuer.asked()[1] == 2


def test_expires_counts_like_max_age(rogue, clock):
    issuer = Issuer(rogue, min_key_life=10)
    issuer.set(expires=400)
    with stage.Broker(env=clock.env):
        assert ask(issuer.token()) == OK
        issuer.set(kids=["rogue-2"], keys="500")
        clock.pass_by(300)
        assert ask(issuer.token()) == OK
        issuer.set(keys="good")
        clock.pass_by(102)
        stage.wait_for("a refresh", lambda: ask(
            issuer.token()) == REFUSED, 5)
        assert ask(issuer.token("rogue-2")) == OK


def test_etag_saves_the_body(rogue, clock):
    issuer = Issuer(rogue, max_key_life=300)
    issuer.set(etag=True)
    with stage.Broker(env=clock.env):
        for i in range(1, 4):
            assert ask(issuer.token()) == OK
            stage.wait_for("the refresh",
                           lambda n=i: issuer.asked()[1] == n, 5)
            time.sleep(0.1)         # the answer is on its way
            clock.pass_by(301)
        tags = [r["etag"] for r in rogue.requests(issuer.url, "keys")]
        assert tags[0] is None and len(tags) == 3
        assert all(tags[1:])
        assert rogue.count(issuer.url)["metadata"] <= 3
        # A changed set has another tag, and comes.
        issuer.set(kids=["rogue-1", "rogue-2"])
        clock.pass_by(COOLDOWN)
        assert ask(issuer.token("rogue-2")) == OK


def test_an_outage_of_a_day_and_1000_logins(rogue, clock):
    """No login fails; then, with stale_keys over, none can be judged; and the
    first success brings all back."""
    issuer = Issuer(rogue, max_key_life=3600, stale_keys=DAY)
    good = [issuer.token() for _ in range(20)]
    with stage.Broker(env=clock.env):
        assert ask(good[0]) == OK
        before = issuer.asked()
        issuer.set(keys="reset", metadata="reset")
        families = []
        for i in range(1000):
            clock.set(i * (DAY + 3500) / 1000)
            families.append(ask(good[i % len(good)]))
        assert families == [OK] * 1000
        # Asked again and again, but never more than once a cooldown.
        asked = sum(issuer.asked()) - sum(before)
        assert 1 <= asked <= 2 * (DAY + 3600) / 30
        clock.set(DAY + 3610)
        start = time.monotonic()
        assert ask(good[0]) == UNAVAILABLE
        assert time.monotonic() - start < 5
        issuer.set(keys="good", metadata="good")
        clock.pass_by(COOLDOWN)
        assert ask(good[0]) == OK


def test_stale_keys_may_be_forbidden(rogue, clock):
    issuer = Issuer(rogue, max_key_life=600, stale_keys=0)
    with stage.Broker(env=clock.env):
        assert ask(issuer.token()) == OK
        issuer.set(keys="reset", metadata="reset")
        clock.pass_by(590)
        assert ask(issuer.token()) == OK
        clock.pass_by(COOLDOWN + 12)
        assert ask(issuer.token()) == UNAVAILABLE


def test_an_outage_from_the_beginning(rogue, clock):
    """Nothing known: unavailable, in time, and not asked in vain each time."""
    issuer = Issuer(rogue)
    issuer.set(metadata="reset")
    with stage.Broker(env=clock.env):
        for _ in range(3):
            assert ask(issuer.token()) == UNAVAILABLE
        assert issuer.asked() in ((1, 0), (2, 0))
        issuer.set(metadata="good")
        clock.pass_by(COOLDOWN)
        assert ask(issuer.token()) == OK


def test_refreshed_before_they_end_MD_05(rogue, clock):
    """In the background: nobody who logs in waits, though the provider takes
    its time; and an issuer that nobody uses is not asked."""
    issuer = Issuer(rogue, min_key_life=100, max_key_life=100, stale_keys=0)
    clock.set(0, rate=20)
    with stage.Broker(env=clock.env):
        assert ask(issuer.token()) == OK
        assert issuer.asked() == (1, 1)
        issuer.set(delay=0.02)
        slowest, end = 0.0, time.monotonic() + 8        # 160 s there
        while time.monotonic() < end:
            start = time.monotonic()
            assert ask(issuer.token()) == OK
            slowest = max(slowest, time.monotonic() - start)
            time.sleep(0.05)
        asked = issuer.asked()[1]
        assert 3 <= asked <= 6
        assert slowest < 0.5
        time.sleep(5)                                   # 100 s there
        assert issuer.asked()[1] <= asked + 1


def test_bearerauth_keys(rogue, clock):
    """What it says, and that --refresh passes a cooldown over."""
    issuer = Issuer(rogue)
    with stage.Broker(env=clock.env):
        assert ask(issuer.token()) == OK
        assert issuer.asked() == (1, 1)
        text = keys_info(issuer.url)
        assert issuer.url in text
        issuer.set(kids=["rogue-2"])
        keys_info(issuer.url, "--refresh")
        stage.wait_for("the refresh", lambda: issuer.asked()[1] == 2, 5)
        stage.wait_for("the new key", lambda: ask(
            issuer.token("rogue-2")) == OK, 5)
        assert ask(issuer.token()) == REFUSED
        r = subprocess.run(
            ["bearerauth", "keys", "--issuer", "https://nobody.example.test"],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=stage.ENV, check=False)
        assert r.returncode != 0, r.stdout


def test_jwks_file_changes(world, either, audit):
    """The next login goes by what the file holds now; one that has become
    wrong changes nothing."""
    token = world.own.token("alice")
    path = world.own.jwks
    before = path.read_text()
    stranger = stage.mint.rsa_jwk(world.stranger, kid="own-2", alg="RS256",
                                  use="sig")
    theirs = stage.mint.sign(
        {"alg": "RS256", "typ": "at+jwt", "kid": "own-2"},
        stage.mint.claims_for(stage.OWN, "alice", "urn:stage:rs256"),
        world.stranger)

    def put(text: str) -> None:
        new = path.with_suffix(".new")
        new.write_text(text)
        new.rename(path)
        time.sleep(1.1)         # looked at once a second

    try:
        assert pam("stage", "alice", token).ok
        assert not pam("stage", "alice", theirs).ok
        put(stage.mint.json.dumps({"keys": [stranger]}))
        assert pam("stage", "alice", theirs).ok
        assert not pam("stage", "alice", token).ok
        if either == "service":
            put("{")
            assert pam("stage", "alice", theirs).ok
    finally:
        put(before)
    assert pam("stage", "alice", token).ok
    assert not pam("stage", "alice", theirs).ok


def test_a_real_provider_rotates_MD_05(world, clock):
    """Restarted with other keys of other names, as after an accident."""
    url = "https://id.example.test:4445"
    stage.forget_store()
    stage.write_config({"rotation": {"issuer": url, "accounts": "virtual"}},
                       {url: {}})
    with stage.Broker(env=clock.env):
        with stage.Provider(url, 4445) as first:
            old = first.token("alice")
            assert ask(old) == OK
        # Nobody there: what is known goes on.
        clock.pass_by(COOLDOWN)
        assert ask(old) == OK
        with stage.Provider(url, 4445, generation=2) as second:
            for alg in ("rs256", "ps256", "es256", "eddsa"):
                assert ask(second.token("alice", f"urn:stage:{alg}")) == OK
            assert ask(old) == REFUSED
    shutil.rmtree(second.dir)
