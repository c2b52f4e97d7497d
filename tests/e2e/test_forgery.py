# SPDX-License-Identifier: BSD-2-Clause
"""What nobody but the issuer made gets in nowhere, and by the right code.

Each forgery is a good token with one defect; the good one is shown to pass
in the same setup, right after.
"""
import pytest

import stage
from stage import ldap, pam, smtp, ssh, su

AUTH_ERR = "Authentication failure"
UNAVAIL = "Authentication service cannot retrieve authentication info"

# What is refused for what.  A token without a signature is no token to the
# PAM module: it does not reach the broker.
FORGERIES = {
    "garbage-signature": {"SIGNATURE"},
    "foreign-issuer": {"ISS"},
    "exp-in-1970": {"EXP"},
    "alg-none": {"ALG", "TOKEN_SYNTAX"},
    "alg-none-with-signature": {"ALG"},
    "hs256-by-public-key": {"ALG"},
    "embedded-jwk": {"JWS_HEADER", "SIGNATURE"},
    "other-issuers-key": {"SIGNATURE"},
    "other-claims-same-signature": {"SIGNATURE"},
}
IDS = {"alg-none": "V01", "hs256-by-public-key": "V01", "embedded-jwk": "V06",
       "exp-in-1970": "JWT-01", "foreign-issuer": "JWT-05",
       "other-issuers-key": "MD-06", "garbage-signature": "V14",
       "alg-none-with-signature": "JWT-11",
       "other-claims-same-signature": "JWS-08"}


def by_postfix(token):
    r = smtp(token)
    return r.ok, r.code


def by_slapd(token):
    r = ldap(token)
    return r.ok, r.code


def by_sshd(token):
    r = ssh("alice", token)
    return r.ok, "denied" if "Permission denied" in r.text else r.text


def by_su(token):
    r = su("alice", token)
    return r.ok, "denied" if r.code == 1 else r.text


REFUSED = {by_postfix: 535, by_slapd: 49, by_sshd: "denied", by_su: "denied"}
LATER = {by_postfix: 454, by_slapd: 52, by_sshd: "denied", by_su: "denied"}
SERVERS = list(REFUSED)


@pytest.mark.parametrize("server", SERVERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", FORGERIES,
                         ids=lambda n: f"{n}-{IDS[n]}")
def test_forgery(world, service, audit, server, name):
    ok, code = server(world.forgeries[name])
    assert not ok
    assert code == REFUSED[server]
    assert {x["error"] for x in audit.lines()} <= FORGERIES[name]
    assert server(world.op.token("alice"))[0]


@pytest.mark.parametrize("server", [by_sshd, by_su],
                         ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_spawned(world, spawned, audit, server, name):
    ok, code = server(world.forgeries[name])
    assert not ok and code == "denied"
    assert {x["error"] for x in audit.lines()} <= FORGERIES[name]
    assert server(world.op.token("alice"))[0]


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery_is_AUTH_ERR_to_PAM(world, either, audit, name):
    r = pam("stage", "alice", world.forgeries[name])
    assert not r.ok and AUTH_ERR in r.text
    errors = {x["error"] for x in audit.lines()}
    assert errors <= FORGERIES[name]
    assert errors or name == "alg-none"
    assert pam("stage", "alice", world.op.token("alice")).ok


@pytest.mark.parametrize("server", SERVERS, ids=lambda f: f.__name__)
def test_unreachable_provider(world, service, audit, server):
    """Nobody can know now: the code says so, and the log."""
    ok, code = server(world.unreachable)
    assert not ok
    assert code == LATER[server]
    assert audit.one()["verdict"] == "unavailable"
    assert server(world.op.token("alice"))[0]


def test_unreachable_provider_is_AUTHINFO_UNAVAIL(world, either, audit):
    r = pam("stage", "alice", world.unreachable)
    assert not r.ok and UNAVAIL in r.text
    assert audit.one()["verdict"] == "unavailable"
    assert pam("stage", "alice", world.op.token("alice")).ok


def test_provider_without_a_trusted_certificate_TR_02(world, audit):
    """The system's own CAs did not sign for the stage's."""
    stage.write_config(issuers={stage.ISSUER: {
        "ca_file": "/etc/ssl/certs/ca-certificates.crt"}})
    stage.forget_store()
    with stage.Broker():
        r = pam("stage", "alice", world.op.token("alice"))
        assert not r.ok and UNAVAIL in r.text
        assert audit.one()["verdict"] == "unavailable"
        assert pam("stage", "alice", world.own.token("alice")).ok
    stage.forget_store()


def test_JSON_challenge_and_nothing_after_it_SA_07_MD_07(world, service):
    """RFC 7628 section 3.2.2: status and openid-configuration, then %x01."""
    r = smtp(world.forgeries["garbage-signature"])
    assert r.code == 535
    said = stage.mint.json.loads(r.prompts[0])
    assert said["status"] == "invalid_token"
    assert said["openid-configuration"].startswith("https://id.example.test")
    assert len(r.prompts) == 1
