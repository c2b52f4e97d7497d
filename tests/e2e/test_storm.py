# SPDX-License-Identifier: BSD-2-Clause
"""Crowds: what they cost the provider, and whether the others get in."""
import concurrent.futures
import re
import subprocess
import time

import pytest

import stage
import wire
from stage import pam

FAMILIES = 7
NOTHING_REFUSED = [0] * 6


@pytest.fixture
def issuer(world, rogue, request):
    """Fresh, and the only one of service "storm"."""
    url = rogue.issuer(f"keys/good/storm-{request.node.name}".replace(
        "[", "-").replace("]", ""))
    stage.remove_sockets()
    stage.forget_store()
    stage.write_pam("storm")
    stage.write_config({"storm": {"issuer": url, "accounts": "virtual"},
                        "brief": {"issuer": url}}, {url: {}})
    rogue.forget()
    return url


def storm(token: str, *args: str) -> tuple[float, list[int], list[int]]:
    """Seconds, and verdicts by family: about made-up tokens, about this."""
    r = subprocess.run(
        [str(stage.TREE / "tests/e2e/storm"), args[0], str(stage.ASK),
         "storm", *args[1:]], input=token + "\n", text=True,
        stdout=subprocess.PIPE, check=True, timeout=120)
    seconds, made_up, good = re.fullmatch(
        r"([0-9.]+) made-up ([0-9 ]+) good ([0-9 ]+)\n", r.stdout).groups()
    return (float(seconds), list(map(int, made_up.split())),
            list(map(int, good.split())))


def test_a_storm_of_kids_V38(rogue, issuer):
    """10^5 tokens with invented kids by 50 processes, in 20 s: at most two
    fetches, nothing is forgotten, and whoever is good gets in."""
    token = rogue.token(issuer)
    with stage.Broker():
        assert wire.ask(str(stage.ASK), "storm", token, user="alice",
                        uid=1001)[0] == wire.OK
        seconds, made_up, good = storm(token, "kids", "100000", "50")
        print(f"storm of kids: {seconds} s")
        assert made_up == [0, 100000] + [0] * 5
        assert good == [1000] + NOTHING_REFUSED
        assert seconds < 20
        assert rogue.count(issuer)["keys"] <= 2
        assert rogue.count(issuer)["metadata"] <= 2
        assert wire.ask(str(stage.ASK), "storm", token, user="alice",
                        uid=1001)[0] == wire.OK


def test_a_thousand_cold_logins_by_the_service_V38(rogue, issuer):
    """All at once, and nothing is known: one question in all."""
    token = rogue.token(issuer)
    rogue.set(issuer, delay=0.2)
    with stage.Broker():
        seconds, _, good = storm(token, "cold", "1000")
        print(f"a thousand cold logins: {seconds} s")
        assert good == [1000] + NOTHING_REFUSED
    assert rogue.count(issuer) == {"metadata": 1, "keys": 1,
                                   "introspection": 0}


def test_fifty_cold_logins_by_spawned_brokers_V38(rogue, issuer):
    token = rogue.token(issuer)
    rogue.set(issuer, delay=0.2)
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        done = list(pool.map(lambda _: pam("storm", "alice", token,
                                           what=("authenticate",)),
                             range(50)))
    print(f"fifty spawned cold logins: {time.monotonic() - start:.3f} s")
    assert all(r.ok for r in done), [r.text for r in done if not r.ok]
    assert rogue.count(issuer) == {"metadata": 1, "keys": 1,
                                   "introspection": 0}


def test_a_storm_on_an_issuer_that_is_down_V38(rogue, issuer):
    """Cold, and no answer: unavailable for all, asked once a cooldown."""
    rogue.set(issuer, metadata="reset")
    with stage.Broker():
        seconds, made_up, good = storm(rogue.token(issuer), "kids", "5000",
                                       "50")
    assert made_up == [0, 0, 0, 5000, 0, 0, 0]
    assert good[3] == sum(good)
    assert seconds < 10
    assert rogue.count(issuer)["metadata"] <= 2
    assert rogue.count(issuer)["keys"] == 0
