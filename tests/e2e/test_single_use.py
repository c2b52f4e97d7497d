# SPDX-License-Identifier: BSD-2-Clause
"""single_use = yes: each token once, whoever is asked (JWT-13, V32)."""
import concurrent.futures
import sqlite3
import time

import pytest

import stage
from stage import pam, smtp, ssh

AUTH_ERR = "Authentication failure"
UNAVAIL = "Authentication service cannot retrieve authentication info"
STORE = stage.STORE / "store.db"


def write_config() -> None:
    services = stage.default_services()
    stage.write_config({
        "once": {**services["stage"], "single_use": "yes"},
        "sshd": {**services["sshd"], "single_use": "yes"},
        "smtp": {**services["smtp"], "single_use": "yes"},
        "many": services["stage"]})


@pytest.fixture(autouse=True)
def pam_services(world):
    stage.write_pam("once")
    stage.write_pam("many")


@pytest.fixture(params=["service", "spawned"])
def both(request, world):
    """As "either", with single use."""
    stage.remove_sockets()
    write_config()
    if request.param == "spawned":
        yield request.param
    else:
        with stage.Broker():
            yield request.param


def refused_as_used(audit, r) -> bool:
    assert not r.ok and AUTH_ERR in r.text, r.text
    return audit.lines()[-1]["error"] == "REPLAY"


def test_once_JWT_13(world, both, audit):
    """The account phase of the same login is no second use."""
    token = world.own.token("alice")
    r = pam("once", "alice", token)
    assert r.ok, r.text
    assert refused_as_used(audit, pam("once", "alice", token))
    # Not so where it is not asked for; and another token is another one.
    assert pam("many", "alice", token).ok
    assert pam("many", "alice", token).ok
    assert pam("once", "alice", world.own.token("alice")).ok


def test_once_through_sshd_and_smtp_JWT_13(world, audit):
    write_config()
    with stage.Broker():
        token = world.op.token("alice", fresh=True)
        assert ssh("alice", token).ok
        r = ssh("alice", token)
        assert not r.ok and "Permission denied" in r.text
        assert audit.lines()[-1]["error"] == "REPLAY"
        # One memory for all services that ask for it.
        assert smtp(token).code == 535
        assert smtp(world.op.token("alice", fresh=True)).ok


def test_remembered_across_service_restart_and_spawned_JWT_13(world, audit):
    write_config()
    a, b, c = (world.own.token("alice") for _ in range(3))
    with stage.Broker():
        assert pam("once", "alice", a).ok
    stage.remove_sockets()
    assert refused_as_used(audit, pam("once", "alice", a))
    assert pam("once", "alice", b).ok
    with stage.Broker():
        for used in (a, b):
            assert refused_as_used(audit, pam("once", "alice", used))
        assert pam("once", "alice", c).ok
    with stage.Broker() as broker:
        for used in (a, b, c):
            assert refused_as_used(audit, pam("once", "alice", used))
        broker.stop(stage.signal.SIGKILL)
    stage.remove_sockets()
    assert refused_as_used(audit, pam("once", "alice", c))


def test_one_of_ten_at_once_JWT_13(world, both):
    token = world.own.token("alice")
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda _: pam("once", "alice", token),
                             range(10)))
    assert sorted(r.ok for r in done) == [False] * 9 + [True]
    assert all(AUTH_ERR in r.text for r in done if not r.ok)


def test_decided_after_every_other_check_JWT_13(world, both, audit):
    """Whoever is refused for another reason has not used it up."""
    token = world.own.token("alice")
    assert not pam("once", "bob", token).ok
    assert audit.lines()[-1]["error"] == "USER_MISMATCH"
    early = world.own.token("alice", nbf=int(time.time()) + 8)
    assert not pam("once", "alice", early).ok
    assert audit.lines()[-1]["error"] == "NBF"
    assert pam("once", "alice", token).ok
    stage.wait_for("nbf", lambda: stage.mint.parts(early)[1]["nbf"] - 5 <=
                   time.time(), 10)
    assert pam("once", "alice", early).ok
    assert refused_as_used(audit, pam("once", "alice", token))


def test_one_jti_of_two_issuers_is_two_JWT_13(world, both):
    jti = f"the same in both, {time.time_ns()}"
    own = world.own.token("alice", jti=jti)
    claims = stage.mint.claims_for(stage.OTHER, "alice", "urn:stage:rs256",
                                   jti=jti)
    other = stage.mint.sign(
        {"alg": "RS256", "typ": "at+jwt", "kid": "RS256-1"}, claims,
        world.other.key())
    assert pam("once", "alice", own).ok
    assert pam("once", "alice", other).ok
    assert not pam("once", "alice", own).ok
    # The same jti of the same issuer, in another token.
    assert not pam("once", "alice", world.own.token(
        "alice", jti=jti, scope="login")).ok


def test_a_store_that_does_not_answer_is_unavailable_JWT_13(world, both,
                                                           audit):
    first, second = world.own.token("alice"), world.own.token("alice")
    assert pam("once", "alice", first).ok       # there is a store
    db = sqlite3.connect(STORE, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        r = pam("once", "alice", second, what=("authenticate",))
        assert not r.ok and UNAVAIL in r.text, r.text
        assert r.seconds < 10.5
        assert audit.lines()[-1]["error"] == "STORE"
        assert pam("many", "alice", second, what=("authenticate",)).ok
    finally:
        db.execute("ROLLBACK")
        db.close()
    # The service lets a store that did not answer rest for a second.
    stage.wait_for("the store", lambda: pam("once", "alice", second).ok, 3)
    assert not pam("once", "alice", second).ok


def test_an_opaque_token_has_no_jti_and_is_used_once_JWT_13(world, audit):
    asker = world.askers["client_secret_basic"]
    stage.write_pam("once")
    stage.write_config(
        {"once": {"issuer": stage.ISSUER, "opaque_issuer": stage.ISSUER,
                  "single_use": "yes"}},
        {stage.ISSUER: asker.issuer(audience="urn:stage:opaque")})
    token = world.op.token("alice", "urn:stage:opaque", fresh=True)
    with stage.Broker():
        assert pam("once", "alice", token).ok
        assert refused_as_used(audit, pam("once", "alice", token))
    stage.remove_sockets()
    assert refused_as_used(audit, pam("once", "alice", token))
