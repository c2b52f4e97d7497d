# SPDX-License-Identifier: BSD-2-Clause
"""A provider that misbehaves in the device flow: the right PAM code each time,
in time, and never asked sooner than it may be.

Every case is an issuer and a service of its own.  All run at once, for some
wait long; each test then looks at its own.
"""
import concurrent.futures
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import device
import stage
import wire

OK = "successfully authenticated"
REFUSED = "Authentication failure"
NOT_ALLOWED = "Permission denied"
UNAVAILABLE = "Authentication service cannot retrieve authentication info"
FAULT = "Error in service module"

# What may happen to any request.
WIRE = ("close", "half", "huge", "endless", "head", "bomb", "garbage",
        "redirect-loop", "redirect", "html", "jsonx", "text", "no-type",
        "404", "204", "deep", "nested-17", "duplicate-names", "no-json",
        "empty-body", "trailing", "latin1", "array-of")

# Of these those that are no answer at all.
CUT = ("half", "huge", "endless", "head", "bomb", "garbage")

# Behaviour: what it comes to, and within how many seconds at the most.
DEVICE = {
    **dict.fromkeys(WIRE, (UNAVAILABLE, 2)),
    **dict.fromkeys(("reset", "500", "503", "429"), (UNAVAILABLE, 2)),
    **dict.fromkeys(("hang", "slow"), (UNAVAILABLE, 11)),
    **dict.fromkeys(("good", "parameters", "nested-16", "verification-url",
                     "no-complete", "uri-controls", "code-controls",
                     "code-32"), (OK, 4)),
    **dict.fromkeys(("no-interval", "interval-null"), (OK, 13)),
    **dict.fromkeys(("interval-huge", "interval-overflow", "interval-string",
                     "interval-negative", "interval-bool"),
                    (UNAVAILABLE, 2)),
    **dict.fromkeys(("no-expires", "expires-negative", "expires-string"),
                    (UNAVAILABLE, 2)),
    "expires-zero": ((UNAVAILABLE, REFUSED), 2),
    "expires-overflow": ((UNAVAILABLE, OK), 4),
    **dict.fromkeys(("no-uri", "uri-http", "uri-script", "uri-number",
                     "uri-long", "no-code", "code-empty", "code-number",
                     "code-long", "code-only-controls", "no-device-code",
                     "device-code-empty", "device-code-number",
                     "device-code-long"), (UNAVAILABLE, 2)),
    "401/error=invalid_client": (FAULT, 2),
    "good/error=invalid_client": (FAULT, 2),
    "good/error=unauthorized_client": (FAULT, 2),
    "good/error=invalid_scope": (UNAVAILABLE, 2),
    # Its interval is longer than the code lives.
    "good/interval=200/expires=3": (REFUSED, 5),
}
TOKEN = {
    **dict.fromkeys(set(WIRE) - {"close", *CUT}, (UNAVAILABLE, 4)),
    # No answer came, and one may come yet: asked again while the code lives.
    **{f"{x}/expires=6": (UNAVAILABLE, 9) for x in CUT},
    **dict.fromkeys(("500", "503", "429"), (UNAVAILABLE, 9)),
    **dict.fromkeys(("good", "good/pending=0", "good/pending=3",
                     "type-lower", "refresh-too"), (OK, 6)),
    "slow-down-1": (OK, 9),
    "slow-down-2": (OK, 20),
    "slow-down-9/expires=9": (REFUSED, 11),
    "access-denied": (REFUSED, 3),
    "expired-token": (REFUSED, 3),
    "pending/expires=5": (REFUSED, 7),
    "unknown-error": (UNAVAILABLE, 3),
    "invalid-grant": (UNAVAILABLE, 3),
    **dict.fromkeys(("invalid-client", "invalid-client-400",
                     "unauthorized-client"), (FAULT, 3)),
    **dict.fromkeys(("denied-200", "pending-200", "error-number",
                     "error-missing", "token-400"), (UNAVAILABLE, 4)),
    # DEV-05: asked again, each time after twice the time.
    "reset/times=2": (OK, 9),
    "close/times=1": (OK, 6),
    "reset/expires=9": (UNAVAILABLE, 11),
    "hang/expires=6": (UNAVAILABLE, 9),
    **dict.fromkeys(("type-missing", "type-mac", "type-dpop", "type-number",
                     "token-missing", "token-blank", "token-line",
                     "token-quote", "token-empty", "token-number",
                     "token-null", "token-list", "token-long",
                     "token-and-error"), (UNAVAILABLE, 4)),
    # DEV-06, DEV-07: a token came, and is judged.
    **dict.fromkeys(("token-forged", "token-none", "token-expired",
                     "token-audience", "token-opaque", "token-of-64k",
                     "token-issuer"), (REFUSED, 4)),
    **dict.fromkeys(("token-bob", "token-scope"), (NOT_ALLOWED, 4)),
}
METADATA = {
    "good": (OK, 4),
    **dict.fromkeys(("no-device", "no-token", "other-device", "other-token",
                     "500", "html"), (UNAVAILABLE, 3)),
}
KINDS = {"device": DEVICE, "token": TOKEN, "metadata": METADATA}
CASES = [(kind, x) for kind, table in KINDS.items() for x in table]


def name_of(kind: str, behaviour: str) -> str:
    return f"{kind}.{behaviour}".replace("/", "_").replace("=", "-")


@dataclass
class Result:
    text: str
    seconds: float
    begun: float            # by the provider's clock


class Runs:
    """All cases, each a pamtester; what came of them."""

    def __init__(self, rogue):
        self.rogue = rogue
        issuers, services = {}, {}
        for kind, behaviour in CASES:
            name = name_of(kind, behaviour)
            url = self.issuer(kind, behaviour)
            issuers[url] = {"client_id": "rogue-rs", "client_auth": "none",
                            "device_scope": "openid login",
                            "device_resource": device.AUDIENCE}
            services[name] = device.service(url)
            stage.write_pam(name, "method=device")
        stage.forget_store()
        stage.write_config(services, issuers)
        rogue.forget()
        self.broker = stage.Broker()
        self.pool = concurrent.futures.ThreadPoolExecutor(24)
        # Those that wait longest begin first.
        order = sorted(CASES, key=lambda c: -KINDS[c[0]][c[1]][1])
        self.results = {c: self.pool.submit(self.run, *c) for c in order}

    def issuer(self, kind: str, behaviour: str) -> str:
        return self.rogue.issuer(f"{kind}/{behaviour}")

    def run(self, kind: str, behaviour: str) -> Result:
        start = time.monotonic()
        r = subprocess.run(
            ["pamtester", name_of(kind, behaviour), "alice", "authenticate"],
            input="\n", text=True, stdout=subprocess.PIPE, env=stage.ENV,
            stderr=subprocess.STDOUT, timeout=60, check=False)
        return Result(r.stdout, time.monotonic() - start, start)

    def of(self, kind: str, behaviour: str) -> Result:
        return self.results[kind, behaviour].result()

    def asked(self, kind: str, behaviour: str, endpoint: str) -> list[dict]:
        self.of(kind, behaviour)
        return self.rogue.requests(self.issuer(kind, behaviour), endpoint)

    def gaps(self, kind: str, behaviour: str) -> list[float]:
        """Seconds from the code to the first poll, and from poll to poll."""
        begun, = self.asked(kind, behaviour, "device")
        times = [begun["time"], *(
            r["time"] for r in self.asked(kind, behaviour, "token"))]
        return [b - a for a, b in zip(times, times[1:])]


@pytest.fixture(scope="module", name="runs")
def runs_fixture(world, rogue):
    r = Runs(rogue)
    with r.broker:
        yield r
        r.pool.shutdown(cancel_futures=True)
    for kind, behaviour in CASES:
        Path(f"/etc/pam.d/{name_of(kind, behaviour)}").unlink()
    stage.forget_store()
    stage.write_config()


@pytest.mark.parametrize("kind, behaviour", CASES)
def test_misbehaviour_DEV_01_DEV_02_DEV_04_DEV_06_DEV_07(
        runs, kind, behaviour):
    expected, seconds = KINDS[kind][behaviour]
    r = runs.of(kind, behaviour)
    if isinstance(expected, str):
        expected = (expected,)
    assert any(x in r.text for x in expected), r.text
    assert OK in expected or OK not in r.text
    assert r.seconds < seconds + 1.5
    # Not even where the connection is reset: libcurl repeats nothing.
    assert len(runs.asked(kind, behaviour, "device")) <= 1


@pytest.mark.parametrize("behaviour", METADATA)
def test_token_logins_all_the_same_DEV_01(runs, behaviour):
    """What the device flow lacks takes nothing from who has a token."""
    device_ends, _ = METADATA[behaviour]
    usable = behaviour not in ("500", "html")
    assert runs.of("metadata", behaviour).text
    url = runs.issuer("metadata", behaviour)
    family, _ = wire.ask(
        str(stage.ASK), name_of("metadata", behaviour), runs.rogue.token(url),
        user="alice", uid=1001, deadline=5000)
    assert family == (wire.OK if usable else wire.UNAVAILABLE)
    said = stage.syslog_since(0).count(f"issuer {url}: no login by the device")
    assert said == (1 if usable and device_ends != OK else 0)


def near(gaps: list[float], expected: list[float]) -> bool:
    """Never sooner than it may be, and soon after."""
    return len(gaps) == len(expected) and all(
        e - 0.03 < g < e + 1 for g, e in zip(gaps, expected))


@pytest.mark.parametrize("kind, behaviour, expected", [
    ("device", "good", [1, 1]), ("token", "good/pending=3", [1] * 4),
    ("device", "no-interval", [5, 5]), ("device", "interval-null", [5, 5]),
    ("token", "slow-down-1", [1, 6]), ("token", "slow-down-2", [1, 6, 11]),
    ("token", "reset/expires=9", [1, 2, 4])])
def test_interval_by_the_providers_log_DEV_02_DEV_03_DEV_05(
        runs, kind, behaviour, expected):
    gaps = runs.gaps(kind, behaviour)
    assert near(gaps, expected), gaps


@pytest.mark.parametrize("behaviour", [
    "access-denied", "expired-token", "unknown-error", "invalid-client",
    "pending-200", "type-missing", "token-forged"])
def test_no_poll_after_the_end_DEV_04(runs, behaviour):
    assert len(runs.gaps("token", behaviour)) <= 2
    assert runs.asked("token", behaviour, "token")[-1]["time"] < (
        runs.of("token", behaviour).begun + 3.5)


@pytest.mark.parametrize("kind, behaviour, life", [
    ("token", "pending/expires=5", 5), ("token", "slow-down-9/expires=9", 9),
    ("token", "reset/expires=9", 9), ("device", "good/interval=200/expires=3",
                                      3)])
def test_no_poll_beyond_the_codes_life_DEV_02(runs, kind, behaviour, life):
    begun, = runs.asked(kind, behaviour, "device")
    for r in runs.asked(kind, behaviour, "token"):
        assert r["time"] < begun["time"] + life + 0.2


@pytest.mark.parametrize("behaviour", ["uri-controls", "code-controls"])
def test_no_controls_on_the_terminal_DEV_01(runs, behaviour):
    """Escape codes, BEL, backspace, bidi and invisible characters are gone,
    and what is left can be read."""
    text = runs.of("device", behaviour).text
    assert not [c for c in text if ord(c) < 32 and c not in "\r\n"]
    assert not {"\x7f", "\x9b", "\u202e", "\u200b"} & set(text)
    url = runs.issuer("device", behaviour)
    code = next(c for c in runs.rogue.control("codes")
                if url.endswith(c["issuer"]))
    assert f"Open {url}/page" in text
    assert code["user"][:4] in text


def test_what_is_sent_DEV_03(runs):
    """RFC 8628 sections 3.1 and 3.4, form-encoded, and nothing else."""
    first, = runs.asked("device", "good", "device")
    assert first["method"] == "POST"
    assert first["type"] == "application/x-www-form-urlencoded"
    assert first["fields"] == ["client_id", "resource", "scope"]
    assert first["values"]["scope"] == "openid login"
    assert first["values"]["resource"] == device.AUDIENCE
    polls = runs.asked("device", "good", "token")
    assert len(polls) == 2
    for r in polls:
        assert r["method"] == "POST"
        assert set(r["fields"]) in (
            {"client_id", "device_code", "grant_type"},
            {"client_id", "device_code", "grant_type", "resource"})
        assert r["values"]["grant_type"] == (
            "urn:ietf:params:oauth:grant-type:device_code")


def test_http_is_refused_without_a_poll_DEV_01(runs):
    assert runs.asked("device", "uri-http", "token") == []
    assert "http://" not in runs.of("device", "uri-http").text


def test_no_redirect_is_followed_TR_03(runs):
    for c in CASES:
        runs.of(*c)
    url = runs.rogue.issuer("keys/good/redirected")
    assert runs.rogue.requests(url) == []


def test_zz_codes_are_nowhere_DEV_11(runs):
    """Of all these logins: device codes are in no text, and neither code is in
    a log or in the store."""
    seen = "".join(runs.of(*c).text for c in CASES)
    told = stage.syslog_since(0) + "".join(
        p.read_bytes().decode(errors="replace")
        for p in stage.STORE.iterdir())
    codes = runs.rogue.control("codes")
    assert len(codes) > len(CASES) / 2
    for c in codes:
        assert c["device"] not in told and c["user"] not in told
        assert c["device"] not in seen
