# SPDX-License-Identifier: BSD-2-Clause
"""Tokens of every length that a host may cut, to the character."""
import json

import pytest

import mint
import stage
from stage import OWN, RUN, pieces

KEYS = RUN / "lengths.jwks"


@pytest.fixture(scope="module", autouse=True)
def begun_anew(world):
    """What an earlier file has left, an asking that failed a moment ago say, is
    not of these."""
    stage.forget_store()
    stage.write_config()


@pytest.fixture(scope="module", name="key")
def key_fixture(world):
    """Of Ed25519: a signature short enough for a token of 511."""
    key = mint.make_key("EdDSA", str(RUN / "lengths.pem"))
    stage.install_private(KEYS, json.dumps(
        {"keys": [mint.jwk("EdDSA", key, kid="l")]}))
    return key


@pytest.fixture
def lengths(key):
    stage.write_config(issuers={OWN: {"jwks_file": KEYS}})
    with stage.Broker():
        yield


@pytest.fixture
def spawned_lengths(key):
    stage.remove_sockets()
    stage.write_config(issuers={OWN: {"jwks_file": KEYS}})


def token_of(n: int, key: str, user: str = "alice") -> str:
    """A good token of exactly n characters."""
    claims = mint.claims_for(OWN, user, "urn:stage:rs256", scope="login")
    for more in (0, 1, 2):      # base64url has no text of 4k + 1 characters
        header = {"alg": "EdDSA", "typ": "at+jwt", "kid": "l",
                  **({"x": "y" * more} if more else {})}
        fixed = len(mint.join(header, {})) - len(mint.b64(b"{}")) + 1 + 86
        for pad in range(max((n - fixed) * 3 // 4 - 600, 0), n):
            size = len(json.dumps({**claims, "pad": ""},
                                  separators=(",", ":"))) + pad
            total = fixed + (size * 4 + 2) // 3
            if total == n:
                token = mint.sign(header, {**claims, "pad": "z" * pad}, key)
                assert len(token) == n
                return token
            if total > n:
                break
    raise ValueError(f"no token of {n} characters")


def broken(token: str) -> str:
    """The same, but for one bit of its signature."""
    at = token.rindex(".") + 1
    return token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1:]


def by_ssh(token: str) -> stage.Login:
    path = stage.give_token("carol", token)
    stage.askpass_conf("carol", "host = login.example.test\n"
                       f"token_file = {path}\n")
    return stage.ssh_askpass("alice")


SSH = [600, 1023, 1024, 2046, 4095, 12000, 60000]
SUDO = [511, 512, 2000]


@pytest.mark.parametrize("n", SSH)
def test_ssh_with_askpass(world, key, lengths, audit, n):
    """Stock ssh, which cuts at 1023."""
    token = token_of(n, key)
    r = by_ssh(token)
    assert r.ok, r.text
    assert audit.one()["verdict"] == "accepted"


@pytest.mark.parametrize("n", SSH)
def test_ssh_with_askpass_refuses(world, key, lengths, audit, n):
    """The same length, one bit of it wrong; or another part instead of its
    own: each part counts."""
    token = token_of(n, key)
    r = by_ssh(broken(token))
    assert r.code == 255 and stage.ACCEPTED not in r.text
    assert audit.one()["error"] == "SIGNATURE"


@pytest.mark.parametrize("n", [1024, 2046, 12000])
@pytest.mark.parametrize("missing", ["first", "last"])
def test_ssh_with_a_part_missing(world, key, lengths, audit, n, missing):
    parts = pieces(token_of(n, key), 1023)
    r = by_ssh("".join(parts[1:] if missing == "first" else parts[:-1]))
    assert r.code == 255 and stage.ACCEPTED not in r.text
    assert by_ssh("".join(parts)).ok


@pytest.mark.parametrize("n", [511, 600, 12000])
def test_ssh_spawned(world, key, spawned_lengths, n):
    token = token_of(n, key)
    assert by_ssh(token).ok
    assert not by_ssh(broken(token)).ok


@pytest.mark.parametrize("n", SUDO)
def test_sudo(world, key, lengths, audit, n):
    """sudo, which cuts at 511."""
    token = token_of(n, key)
    r = stage.sudo("alice", token)
    assert r.ok, r.text
    assert len(r.prompts) == n // 511 + 1
    assert audit.one()["verdict"] == "accepted"
    r = stage.sudo("alice", broken(token))
    assert r.code == 1 and stage.ACCEPTED not in r.text
    assert {x.get("error") for x in audit.lines()} == {None, "SIGNATURE"}


@pytest.mark.parametrize("n", [4094, 4095, 4096])
def test_a_terminal(world, key, lengths, audit, n):
    """A terminal's line, which ends after 4095."""
    token = token_of(n, key)
    r = stage.su("alice", token)
    assert r.ok, r.text
    assert len(r.prompts) == n // 4095 + 1
    assert not stage.su("alice", broken(token)).ok


def test_the_longest_token_and_one_more(world, key, lengths, audit):
    """65536 characters are a token's end, and the broker is not asked about
    more."""
    token = token_of(65536, key)
    assert by_ssh(token).ok
    assert stage.su("alice", token).ok
    audit.mark = stage.syslog_mark()
    token = token_of(65537, key)
    assert not by_ssh(token).ok
    assert "the token is empty or too long" in audit.text()
    assert not stage.su("alice", token).ok
    assert "token too long: at most 65536 characters" in audit.text()
    assert audit.lines() == []
