# SPDX-License-Identifier: BSD-2-Clause
"""A provider that misbehaves: each time the right family, and in time.

Each case has an issuer of its own, so that none finds what another left, and
a twin that differs by the defect alone.
"""
import time

import pytest

import rogue as provider
import stage
import wire

OK, REFUSED, NOT_ALLOWED = wire.OK, wire.REFUSED, wire.NOT_ALLOWED
UNAVAILABLE, FAULT = wire.UNAVAILABLE, wire.FAULT
DEADLINE = 1.0                  # s, of the questions
SLACK = 0.5                     # of a machine that runs all this
QUICK = 0.9                     # for what is seen at once

# What may happen to any request; and those whose end is the deadline.
LATE = ("hang", "slow")
WIRE = ("reset", "close", "half", "huge", "endless", "head", "bomb", "garbage",
        "redirect-loop", "redirect", "html", "jsonx", "text", "no-type",
        "400", "404", "429", "500", "502", "503", "204", "deep", "nested-17",
        "duplicate-names", "no-json", "empty-body", "trailing", "latin1",
        "array-of", *LATE)
HARMLESS = ("good", "parameters", "nested-16")

METADATA = {
    **dict.fromkeys((*WIRE, "401", "403"), UNAVAILABLE),
    **dict.fromkeys(HARMLESS, OK),
    **dict.fromkeys(("wrong-issuer", "slash", "no-issuer", "other-host",
                     "other-port", "http", "no-keys", "uri-number"),
                    UNAVAILABLE),
    **dict.fromkeys(("no-introspection", "not-oidc", "not-rfc8414"), OK),
}
KEYS = {
    **dict.fromkeys((*WIRE, "401", "403"), UNAVAILABLE),
    **dict.fromkeys(HARMLESS, OK),
    **dict.fromkeys(("empty", "many", "many-odd", "keys-65", "duplicate-kids",
                     "private", "symmetric-too", "array", "null"),
                    UNAVAILABLE),
    **dict.fromkeys(("odd-1000", "keys-64", "duplicate-odd", "private-too"),
                    OK),
    "strangers": REFUSED,
}
INTROSPECTION = {
    **dict.fromkeys(WIRE, UNAVAILABLE),
    **dict.fromkeys(HARMLESS, OK),
    # INT-06: not the user's fault.
    **dict.fromkeys(("401", "403"), FAULT),
    # INT-02: true, and nothing like it.
    **dict.fromkeys(("inactive", "active-string", "active-one",
                     "active-missing"), REFUSED),
    # INT-03: judged here, too.
    **dict.fromkeys(("exp-string", "exp-past", "exp-missing", "nbf-future",
                     "aud-other", "aud-missing", "sub-missing"), REFUSED),
    "scope-missing": NOT_ALLOWED,
    "iss-other": UNAVAILABLE,
    "iss-missing": OK,
}
# RFC 9701; INTJ-01.
SIGNED = {
    "good": OK, "inactive": REFUSED,
    **dict.fromkeys(("jwt-aud", "jwt-iss", "jwt-typ", "jwt-old", "jwt-key",
                     "jwt-bare", "jwt-none", "jwt-unsigned"), UNAVAILABLE),
}
# The token is well signed, and the issuer asked all the same.
BOTH = {
    "good": OK, "inactive": REFUSED, "exp-past": REFUSED,
    "aud-other": REFUSED, "sub-other": REFUSED, "client-other": REFUSED,
    "iss-other": UNAVAILABLE, "sub-missing": OK, "aud-missing": OK,
    "500": UNAVAILABLE, "hang": UNAVAILABLE, "403": FAULT,
}
LISTENERS = {"good": OK, "other": OK, **dict.fromkeys(
    ("expired", "name", "ca", "plain", "mute", "closed"), UNAVAILABLE)}

ASKING = {"verify": "introspection", "client_id": "rogue-rs",
          "client_auth": "none"}
KINDS = {
    "metadata": (METADATA, "metadata", {}),
    "keys": (KEYS, "keys", {}),
    "introspection": (INTROSPECTION, "introspection", ASKING),
    "signed": (SIGNED, "introspection",
               {**ASKING, "introspection_answer": "jwt"}),
    "both": (BOTH, "introspection", {**ASKING, "verify": "jwt+introspection"}),
}
CASES = [(kind, behaviour) for kind, (table, _, _) in KINDS.items()
         for behaviour in table]


def name_of(kind: str, behaviour: str) -> str:
    return f"{kind}.{behaviour}"


def issuer_of(rogue, kind: str, behaviour: str) -> str:
    """The last part makes twins of other kinds issuers of their own."""
    if kind == "tls":
        return rogue.issuer("keys/good", behaviour)
    return rogue.issuer(f"{KINDS[kind][1]}/{behaviour}/{kind}")


@pytest.fixture(scope="module", autouse=True)
def broker(world, rogue):
    """A service for each case."""
    issuers, services = {}, {}

    def add(kind: str, behaviour: str, more: dict) -> None:
        url = issuer_of(rogue, kind, behaviour)
        issuers[url] = more
        services[name_of(kind, behaviour)] = {
            "issuer": url, "accounts": "virtual", "require_scope": "login"}

    for kind, behaviour in CASES:
        add(kind, behaviour, KINDS[kind][2])
    for listener in LISTENERS:
        add("tls", listener, {})
    url = rogue.issuer("metadata/other-host/allowed")
    issuers[url] = {"endpoint_host": f"localhost:{rogue.port}"}
    services["allowed"] = {"issuer": url, "accounts": "virtual"}
    url = rogue.issuer("keys/good/opaque")
    issuers[url] = ASKING
    services["opaque"] = {"issuer": url, "accounts": "virtual",
                          "opaque_issuer": url}
    stage.forget_store()
    stage.write_config(services, issuers)
    rogue.forget()
    with stage.Broker() as b:
        yield b
    stage.forget_store()
    stage.write_config()


def ask(name: str, token: str, deadline: float = DEADLINE) -> tuple[int, float]:
    """The family, and after how many seconds."""
    start = time.monotonic()
    family, _ = wire.ask(str(stage.ASK), name, token, user="alice", uid=1001,
                         deadline=int(deadline * 1000))
    return family, time.monotonic() - start


def judge(rogue, kind: str, behaviour: str, expected: int) -> None:
    token = rogue.token(issuer_of(rogue, kind, behaviour))
    late = behaviour in (*LATE, "mute")
    family, seconds = ask(name_of(kind, behaviour), token,
                          DEADLINE if late else 5)
    assert family == expected
    assert seconds < (DEADLINE + SLACK if late else QUICK + SLACK)


@pytest.mark.parametrize("kind, behaviour", CASES)
def test_misbehaviour_TR_05_TR_08_MD_01_INT_02(rogue, kind, behaviour):
    table, endpoint, _ = KINDS[kind]
    judge(rogue, kind, behaviour, table[behaviour])
    asked = rogue.count(issuer_of(rogue, kind, behaviour))
    assert asked[endpoint] >= 1
    # Nobody tries again while somebody waits; but there are two well-known
    # forms, and a kept connection that breaks off is not known to be dead.
    twice = endpoint == "metadata" or behaviour in ("reset", "close")
    assert asked[endpoint] <= 1 + twice


@pytest.mark.parametrize("listener", LISTENERS)
def test_trust_TR_01_TR_02(rogue, listener):
    judge(rogue, "tls", listener, LISTENERS[listener])
    seen = [r for r in rogue.requests(issuer_of(rogue, "tls", listener))
            if r["listener"] == listener]
    assert bool(seen) == (LISTENERS[listener] == OK)


def test_another_host_only_where_it_is_configured_MD_04(rogue):
    token = rogue.token(rogue.issuer("metadata/other-host/allowed"))
    assert ask("allowed", token, 5)[0] == OK
    url = issuer_of(rogue, "metadata", "other-host")
    ask(name_of("metadata", "other-host"), rogue.token(url), 5)
    assert rogue.count(url)["keys"] == 0


def test_opaque_token_INT_01(rogue):
    """How it is asked: one POST, form-encoded, to the place it published."""
    url = rogue.issuer("keys/good/opaque")
    token = rogue.opaque(url)
    assert ask("opaque", token, 5)[0] == OK
    asked, = rogue.requests(url, "introspection")
    assert asked["method"] == "POST"
    assert asked["type"] == "application/x-www-form-urlencoded"
    assert asked["fields"] in (["client_id", "token"],
                               ["client_id", "token", "token_type_hint"])
    assert asked["token"] == provider.hashlib.sha256(
        token.encode()).hexdigest()
    assert ask("opaque", "X" + token, 5)[0] == REFUSED


def test_a_hung_issuer_is_nobody_elses_V38(rogue):
    """Others take what they take alone: at most twice that (and 50 ms)."""
    import concurrent.futures
    good = rogue.issuer("introspection/good/introspection")
    name = name_of("introspection", "good")
    ask(name, rogue.token(good), 5)
    alone = sorted(ask(name, rogue.token(good), 5)[1] for _ in range(9))[4]
    hung = rogue.token(rogue.issuer("introspection/hang/introspection"))
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(ask, name_of("introspection", "hang"), hung, 3)
                   for _ in range(40)]
        time.sleep(0.2)
        others = [ask(name, rogue.token(good), 5) for _ in range(9)]
        assert {x.result()[0] for x in waiting} == {UNAVAILABLE}
    assert {family for family, _ in others} == {OK}
    assert sorted(s for _, s in others)[4] < 2 * alone + 0.05


def test_the_breaker_answers_at_once_TR_08(rogue):
    """An issuer that hung three times, each time for as long as SASL gives it,
    is not waited for any more; shorter questions are no fault of its."""
    url = rogue.issuer("introspection/hang/both")
    for _ in range(4):
        family, seconds = ask(name_of("both", "hang"), rogue.token(url))
        assert family == UNAVAILABLE and seconds > 0.5
    for _ in range(3):
        family, _ = ask(name_of("both", "hang"), rogue.token(url), 3)
        assert family == UNAVAILABLE
    family, seconds = ask(name_of("both", "hang"), rogue.token(url))
    assert family == UNAVAILABLE and seconds < 0.3


def test_zz_nothing_followed_and_nothing_told_TR_03_TR_04_V34(rogue):
    """After all of the above: no redirect was followed, no cookie came back,
    and nobody but introspection saw a token or a client."""
    assert rogue.requests(rogue.issuer("keys/good/redirected")) == []
    seen = rogue.requests()
    assert len(seen) > len(CASES)
    for r in seen:
        assert "cookie" not in r["header"] and "referer" not in r["header"]
        assert "?" not in r["target"]
        if r["endpoint"] != "introspection":
            assert r["method"] == "GET" and not r["fields"]
            assert "authorization" not in r["header"]
