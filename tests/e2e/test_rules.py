# SPDX-License-Identifier: BSD-2-Clause
"""Rules of services and issuers, at real servers.

Each refusal stands beside a token, or a configuration, that differs in the one
thing the rule is about and gets in; and it is the rule that refuses, by the
name of error and check in the audit line.
"""
import json
import os
import pwd
import subprocess
import time

import pytest

import mint
import stage
import wire
from stage import ISSUER, OWN, ldap, pam, smtp, ssh, su

AUTH_ERR = "Authentication failure"
PERM_DENIED = "Permission denied"
UNAVAIL = "Authentication service cannot retrieve authentication info"

RICH = "urn:stage:rich"         # alice may more than bob; see idp/op.mjs
MAP = stage.Path("/etc/bearerauth/people.map")
SECRET = stage.Path("/etc/bearerauth/shared.jwk")
SHARED = "https://shared.example.test"
LOGIN = "https://login.example.test/{tenantid}/v2.0"
TENANTS = ("11111111-1111-1111-1111-111111111111",
           "22222222-2222-2222-2222-222222222222",
           "33333333-3333-3333-3333-333333333333")


def configure(rules: dict | None = None, own: dict | None = None, *,
              service: str = "stage", issuers: dict | None = None) -> None:
    """One service's rules, and what is said of the issuer whose key we have;
    a service that runs reads it, a spawned broker does anyway."""
    section = {**stage.default_services()[service], **(rules or {})}
    stage.write_config({service: section},
                       {**(issuers or {}), OWN: {
                           "jwks_file": stage.OwnIssuer.jwks, **(own or {})}})
    if stage.CONTROL.exists():
        stage.reload()


def refused(audit, error: str, check: str, kind: str = "ask") -> None:
    line = audit.lines(kind)[-1]
    assert (line.get("error"), line.get("check")) == (error, check), line


def claims(user: str = "alice", **more) -> dict:
    return mint.claims_for(OWN, user, "urn:stage:rs256", **more)


# --- rules about claims, by tokens that we sign ------------------------------

def ago(seconds: int) -> int:
    return int(time.time()) - seconds


# name: rules, of the issuer, good claims, bad ones, error, check
RULES = {
    "group": (
        {"require_group": "staff admins"}, {},
        {"groups": ["staff", "x", "admins"]}, {"groups": ["staff", "x"]},
        "GROUP", "group"),
    "group-by-path": (
        {"require_group": "admin"},
        {"group_claim": "realm_access.roles"},
        {"realm_access": {"roles": ["admin"]}},
        {"realm_access": {"role": ["admin"]}, "groups": ["admin"]},
        "GROUP", "group"),
    "group-by-pointer": (
        {"allow_group": "a b"},
        {"group_claim": "/https:~1~1example.test~1groups",
         "group_separator": "space"},
        {"https://example.test/groups": "c b"},
        {"https://example.test/groups": "c bb"}, "GROUP", "group"),
    "group-in-a-string-is-whole_PM-05": (
        {"require_group": "Admins"}, {},
        {"groups": "Admins"}, {"groups": "Print Admins"}, "GROUP", "group"),
    "group-with-a-blank_PM-05": (
        {"allow_group": 'x "Domain Admins"'}, {},
        {"groups": ["Domain Admins"]}, {"groups": ["Domain", "Admins"]},
        "GROUP", "group"),
    "group-is-whole_PM-05": (
        {"require_group": "admins"}, {},
        {"groups": ["admins"]}, {"groups": ["unix admins", "Admins"]},
        "GROUP", "group"),
    "group-of-the-service": (
        {"require_group": "shell", "group_claim": "resource_access.ssh.roles"},
        {"group_claim": "groups"},
        {"resource_access": {"ssh": {"roles": ["shell"]}}},
        {"groups": ["shell"]}, "GROUP", "group"),
    "client": (
        {"allow_client": "stage other"}, {},
        {"client_id": "stage"}, {"client_id": "elsewhere"},
        "CLIENT", "client"),
    "client-by-azp": (
        {"allow_client": "stage"}, {},
        {"azp": "stage"}, {"azp": "elsewhere"}, "CLIENT", "client"),
    "acr_STEP-01": (
        {"allow_acr": "loa2 loa3"}, {}, {"acr": "loa3"}, {"acr": "loa1"},
        "ACR", "authentication"),
    "acr-missing_STEP-01": (
        {"allow_acr": "loa2"}, {}, {"acr": "loa2"}, {},
        "ACR", "authentication"),
    "amr_STEP-01": (
        {"require_amr": "otp hwk"}, {}, {"amr": ["hwk", "pwd", "otp"]},
        {"amr": ["otp", "pwd"]}, "ACR", "authentication"),
    "auth_time_STEP-01": (
        {"max_auth_age": "300"}, {}, {"auth_time": lambda: ago(200)},
        {"auth_time": lambda: ago(400)}, "AUTH_TIME", "authentication"),
    "auth_time-missing_STEP-01": (
        {"max_auth_age": "300"}, {}, {"auth_time": lambda: ago(0)}, {},
        "AUTH_TIME", "authentication"),
    "auth_time-ahead_STEP-01": (
        {"max_auth_age": "300"}, {}, {"auth_time": lambda: ago(-1)},
        {"auth_time": lambda: ago(-60)}, "AUTH_TIME", "authentication"),
    "lifetime_JWT-14": (
        {"max_lifetime": "3600"}, {}, {}, {"exp": lambda: ago(-3700)},
        "LIFETIME", "age"),
    "age": (
        {"max_token_age": "300"}, {}, {"iat": lambda: ago(200)},
        {"iat": lambda: ago(400)}, "AGE", "age"),
    "audience-of-the-service": (
        {"audience": "urn:stage:this-one"}, {},
        {"aud": ["urn:stage:rs256", "urn:stage:this-one"]},
        {"aud": "urn:stage:rs256"}, "AUD", "audience"),
    "strip_domain": (
        {}, {"strip_domain": "example.test"},
        {"preferred_username": "alice@example.test"},
        {"preferred_username": "alice@other.test"}, "DOMAIN", "identity"),
    "strip_domain-is-exact": (
        {}, {"strip_domain": "example.test"},
        {"preferred_username": "alice@example.test"},
        {"preferred_username": "alice@sub.example.test"},
        "DOMAIN", "identity"),
    "strip_domain-missing": (
        {}, {"strip_domain": "example.test"},
        {"preferred_username": "alice@example.test"}, {},
        "DOMAIN", "identity"),
    "no-rule-strips_PM-04": (
        {}, {}, {"preferred_username": "alice"},
        {"preferred_username": "alice@example.test"},
        "USER_NAME", "identity"),
    "pattern_PM-04": (
        {}, {"username_pattern": "corp-([a-z]+)"},
        {"preferred_username": "corp-alice"},
        {"preferred_username": "xcorp-alice"}, "USER_NAME", "identity"),
    "pattern-to-the-end_PM-04": (
        {}, {"username_pattern": "^corp-([a-z]+)$"},
        {"preferred_username": "corp-alice"},
        {"preferred_username": "corp-alice\n"}, "USER_NAME", "identity"),
    "pattern-and-grammar_PM-04": (
        {}, {"username_pattern": "(?:corp:)?(.*)"},
        {"preferred_username": "corp:alice"},
        {"preferred_username": "corp:../alice"}, "USER_NAME", "identity"),
    "email_OIDC-03": (
        {}, {"username": "email", "email_domain": "staff.example.test",
             "strip_domain": "staff.example.test"},
        {"email": "alice@staff.example.test", "email_verified": True},
        {"email": "alice@staff.example.test", "email_verified": "true"},
        "CLAIM", "identity"),
    "email-not-verified_OIDC-03": (
        {}, {"username": "email", "strip_domain": "staff.example.test"},
        {"email": "alice@staff.example.test", "email_verified": True},
        {"email": "alice@staff.example.test", "email_verified": False},
        "CLAIM", "identity"),
    "email-of-another-domain_V45": (
        {}, {"username": "email", "email_domain": "staff.example.test",
             "strip_domain": "staff.example.test"},
        {"email": "alice@staff.example.test", "email_verified": True},
        {"email": "alice@evil.example.test", "email_verified": True},
        "DOMAIN", "identity"),
    "homoglyph_PM-04": (
        {}, {}, {"preferred_username": "alice"},
        {"preferred_username": "\u0430lice"}, "USER_NAME", "identity"),
    "case_PM-04": (
        {}, {}, {"preferred_username": "alice"},
        {"preferred_username": "Alice"}, "USER_NAME", "identity"),
}


@pytest.mark.parametrize("name", RULES)
def test_rule(world, either, audit, name):
    rules, own, good, bad, error, check = RULES[name]

    def token(more: dict) -> str:
        return world.own.sign(claims(**{
            k: v() if callable(v) else v for k, v in more.items()}))

    configure(rules, own)
    r = pam("stage", "alice", token(good))
    assert r.ok, (r.text, audit.lines())
    assert audit.lines()[-1]["verdict"] == "accepted"
    assert audit.lines("account")[-1]["verdict"] == "accepted"
    r = pam("stage", "alice", token(bad))
    assert not r.ok
    refused(audit, error, check)
    # Where the rule is the service's own, without it the same token gets in.
    if rules and not own:
        configure()
        assert pam("stage", "alice", token(bad)).ok


# --- the same at the provider's own tokens -----------------------------------

PROVIDER = {
    "groups": ({"require_group": "staff", "group_claim": "groups"},
               {"require_group": "wheel", "group_claim": "groups"},
               "GROUP", "group"),
    "roles-of-the-realm": (
        {"require_group": "admin", "group_claim": "realm_access.roles"},
        {"require_group": "admin", "group_claim": "realm_access"},
        "GROUP", "group"),
    "roles-of-the-client": (
        {"allow_group": "root shell",
         "group_claim": "resource_access.ssh.roles"},
        {"allow_group": "root shell",
         "group_claim": "resource_access.mail.roles"}, "GROUP", "group"),
    "client": ({"allow_client": "stage"}, {"allow_client": "stag stages"},
               "CLIENT", "client"),
    "acr_STEP-01": ({"allow_acr": "urn:stage:loa2"},
                    {"allow_acr": "urn:stage:loa3"},
                    "ACR", "authentication"),
    "amr_STEP-01": ({"require_amr": "pwd otp"}, {"require_amr": "pwd hwk"},
                    "ACR", "authentication"),
    "lifetime_JWT-14": ({"max_lifetime": "3600"}, {"max_lifetime": "3599"},
                        "LIFETIME", "age"),
}


@pytest.mark.parametrize("name", PROVIDER)
def test_ssh_by_the_providers_claims_AT_07(world, service, audit, name):
    good, bad, error, check = PROVIDER[name]
    token = world.op.token("alice", RICH)
    configure(bad, service="sshd")
    r = ssh("alice", token)
    assert not r.ok and "Permission denied" in r.text
    refused(audit, error, check)
    configure(good, service="sshd")
    r = ssh("alice", token)
    assert r.ok, r.text
    assert audit.lines("account")[-1]["verdict"] == "accepted"


@pytest.mark.parametrize("rule,error", [
    ({"require_group": "admin", "group_claim": "realm_access.roles"},
     "GROUP"),
    ({"allow_acr": "urn:stage:loa2"}, "ACR"),
    ({"require_amr": "otp"}, "ACR")])
def test_alice_may_and_bob_may_not(world, either, audit, rule, error):
    configure(rule)
    assert pam("stage", "alice", world.op.token("alice", RICH)).ok
    r = pam("stage", "bob", world.op.token("bob", RICH))
    assert not r.ok and PERM_DENIED in r.text
    assert audit.lines()[-1]["error"] == error
    configure()
    assert pam("stage", "bob", world.op.token("bob", RICH)).ok


def test_an_authentication_that_really_is_too_old_STEP_01(world, service,
                                                          audit):
    token = world.op.token("alice", RICH, fresh=True)
    since = mint.parts(token)[1]["auth_time"]
    configure({"max_auth_age": "3600"}, issuers={ISSUER: {"clock_skew": 0}})
    assert pam("stage", "alice", token).ok
    configure({"max_auth_age": "1"}, issuers={ISSUER: {"clock_skew": 0}})
    stage.wait_for("two seconds", lambda: time.time() > since + 2, 5)
    r = pam("stage", "alice", token)
    assert not r.ok and PERM_DENIED in r.text
    refused(audit, "AUTH_TIME", "authentication")
    # It has not expired: only this rule has had enough of it.
    configure({"max_auth_age": "3600"}, issuers={ISSUER: {"clock_skew": 0}})
    assert pam("stage", "alice", token).ok


def test_email_of_the_provider_OIDC_03_V45(world, service, audit):
    """Bob has not verified his."""
    email = {"username": "email", "email_domain": "staff.example.test",
             "strip_domain": "staff.example.test"}
    configure(issuers={ISSUER: email})
    assert pam("stage", "alice", world.op.token("alice", RICH)).ok
    assert not pam("stage", "bob", world.op.token("bob", RICH)).ok
    refused(audit, "CLAIM", "identity")
    configure(issuers={ISSUER: {**email, "email_domain": "example.test",
                                "strip_domain": "example.test"}})
    assert not pam("stage", "alice", world.op.token("alice", RICH)).ok
    refused(audit, "DOMAIN", "identity")
    configure(issuers={ISSUER: {}})
    assert pam("stage", "bob", world.op.token("bob", RICH)).ok


def test_an_address_is_a_name_to_a_mail_server_OIDC_03(world, service,
                                                       audit):
    email = {"username": "email", "email_domain": "staff.example.test"}
    configure(service="smtp", issuers={ISSUER: email})
    token = world.op.token("alice", RICH)
    r = smtp(token, authzid="alice@staff.example.test")
    assert r.ok, r.text
    assert audit.one()["user"] == "alice@staff.example.test"
    assert smtp(token, authzid="alice").code == 535
    assert audit.lines()[-1]["error"] == "USER_MISMATCH"
    assert smtp(world.op.token("bob", RICH)).code == 535
    refused(audit, "CLAIM", "identity")


@pytest.mark.parametrize("rule,status", [
    ({"allow_acr": "urn:stage:loa3"}, "insufficient_user_authentication"),
    ({"require_amr": "hwk"}, "insufficient_user_authentication"),
    ({"max_auth_age": "1"}, "insufficient_user_authentication"),
    ({"require_scope": "mail other"}, "insufficient_scope"),
    ({"require_group": "wheel"}, "invalid_token")])
def test_a_mail_client_is_told_what_would_help_STEP_01(world, service, rule,
                                                       status):
    token = world.op.token("alice", RICH)
    since = mint.parts(token)[1]["auth_time"]
    stage.wait_for("7 s, with the skew", lambda: time.time() > since + 7)
    configure(rule, service="smtp")
    r = smtp(token)
    assert r.code == 535
    assert json.loads(r.prompts[0])["status"] == status
    configure(service="smtp")
    assert smtp(token).ok


# --- from where --------------------------------------------------------------

LOOPBACK = "127.0.0.0/8"
ELSEWHERE = "192.0.2.0/24 2001:db8::/32"
ANYWHERE = "0.0.0.0/0 ::/0"


def test_ssh_from_an_allowed_network_only(world, either, audit):
    token = world.op.token("alice")
    configure({"allow_network": ELSEWHERE}, service="sshd")
    assert not ssh("alice", token).ok
    refused(audit, "SOURCE", "source")
    assert audit.lines()[-1]["rhost"] == "127.0.0.1"
    configure({"allow_network": f"{ELSEWHERE} {LOOPBACK}"}, service="sshd")
    r = ssh("alice", token)
    assert r.ok, r.text
    assert audit.lines("account")[-1]["verdict"] == "accepted"


def test_su_comes_from_nowhere(world, either, audit):
    token = world.op.token("alice")
    configure({"allow_network": ANYWHERE}, service="su")
    assert not su("alice", token).ok
    refused(audit, "SOURCE", "source")
    configure(service="su")
    assert su("alice", token).ok


@pytest.mark.parametrize("rhost,ok", [
    ("192.0.2.77", True), ("::ffff:192.0.2.77", True),
    ("2001:db8::1", True), ("192.0.3.77", False), ("2001:db9::1", False),
    ("localhost", False), ("192.0.2.77.example.test", False), ("", False)])
def test_what_a_PAM_host_says(world, service, audit, rhost, ok):
    """Names are never looked up."""
    configure({"allow_network": ELSEWHERE})
    r = pam("stage", "alice", world.own.token("alice"), rhost=rhost)
    assert r.ok == ok, r.text
    if not ok:
        refused(audit, "SOURCE", "source")


def test_the_account_phase_asks_from_where_too_V48(world, service, audit):
    configure({"allow_network": ELSEWHERE})
    token = world.own.token("alice")
    assert pam("stage", "alice", token, rhost="192.0.2.1").ok
    assert [x["rhost"] for x in audit.lines("account")] == ["192.0.2.1"]


def test_SASL_from_an_allowed_network_only(world, service, audit):
    for name, login in (("smtp", smtp), ("ldap", ldap)):
        token = world.op.token("alice")
        configure({"allow_network": ELSEWHERE}, service=name)
        assert not login(token).ok
        refused(audit, "SOURCE", "source")
        configure({"allow_network": LOOPBACK}, service=name)
        r = login(token)
        assert r.ok, r.text
    # A unix socket is no network.
    configure({"allow_network": ANYWHERE}, service="ldap")
    assert not ldap(token, tls=False, url="ldapi:///").ok
    refused(audit, "SOURCE", "source")
    configure(service="ldap")
    assert ldap(token, tls=False, url="ldapi:///").ok


# --- who is who: the map -----------------------------------------------------

@pytest.fixture
def people():
    yield lambda text: stage.install_private(MAP, text)
    MAP.unlink(missing_ok=True)


def test_a_service_account_by_the_map(world, either, audit, people):
    robot = world.own.sign(claims("robot of the build"))
    people(f"# issuer  subject  name\n{OWN} \"robot of the build\" bob\n")
    configure(own={"map_file": MAP})
    r = pam("stage", "bob", robot)
    assert r.ok, r.text
    line = audit.one()
    assert (line["user"], line["sub"]) == ("bob", "robot of the build")
    # Others go on by the claim; the robot is bob now, and nobody else.
    assert pam("stage", "alice", world.own.token("alice")).ok
    assert not pam("stage", "alice", robot).ok
    assert audit.lines()[-1]["error"] == "USER_MISMATCH"
    people(f"{OWN} \"robot of the builds\" bob\n")
    configure(own={"map_file": MAP})
    assert not pam("stage", "bob", robot).ok
    refused(audit, "USER_NAME", "identity")


def test_a_map_alone_names_nobody_else(world, either, audit, people):
    """No username =: who is not on the list has no name."""
    people(f"{OWN} robot-7 bob\n")
    configure(own={"map_file": MAP, "username": None})
    assert pam("stage", "bob", world.own.sign(claims("robot-7"))).ok
    assert not pam("stage", "alice", world.own.token("alice")).ok
    refused(audit, "NO_NAME", "identity")
    assert pam("stage", "alice", world.op.token("alice")).ok


def test_a_name_of_the_map_is_nobody_elses_V15(world, either, audit, people):
    """Who has chosen the name that the map gives to another."""
    people(f"{OWN} robot-7 alice\n")
    configure(own={"map_file": MAP})
    assert pam("stage", "alice", world.own.sign(claims("robot-7"))).ok
    token = world.own.token("alice")
    assert not pam("stage", "alice", token).ok
    refused(audit, "NO_NAME", "identity")
    people(f"{OWN} robot-7 bob\n")
    configure(own={"map_file": MAP})
    assert pam("stage", "alice", token).ok


def test_the_map_is_of_issuer_and_subject_JWT_06(world, either, audit,
                                                 people):
    """The same subject of another issuer is somebody else."""
    people(f"{stage.OTHER} alice bob\n")
    configure(own={"map_file": MAP},
              issuers={ISSUER: {"map_file": MAP},
                       stage.OTHER: {"map_file": MAP}})
    assert pam("stage", "bob", world.other.token("alice")).ok
    assert not pam("stage", "bob", world.op.token("alice")).ok
    assert audit.lines()[-1]["error"] == "USER_MISMATCH"
    assert pam("stage", "alice", world.op.token("alice")).ok


@pytest.mark.parametrize("login", [su, ssh], ids=lambda f: f.__name__)
def test_root_by_a_line_of_the_map_PM_02(world, either, audit, people, login):
    token = world.own.sign(claims("admin-1"))
    name = login.__name__ if login is su else "sshd"
    people(f"{OWN} admin-1 root\n")
    configure(own={"map_file": MAP}, service=name)
    r = login("root", token)
    assert r.ok and "logged in as root" in r.text, r.text
    line = audit.one()
    assert (line["verdict"], line["user"], line["sub"]) == (
        "accepted", "root", "admin-1")
    assert audit.one("account")["verdict"] == "accepted"
    # The line gone, a claim that says root does not help.
    people(f"{OWN} admin-2 root\n")
    configure(own={"map_file": MAP}, service=name)
    for bad in (token, world.own.sign(
            claims("admin-1", preferred_username="root"))):
        r = login("root", bad)
        assert not r.ok and "logged in" not in r.text
        assert audit.lines()[-1]["error"] in ("USER_NAME", "USER_MISMATCH")


def test_root_by_no_other_rule_PM_02(world, service, audit):
    """Neither a pattern nor a domain makes root."""
    for own, name in (({"username_pattern": "corp-(.*)"}, "corp-root"),
                      ({"strip_domain": "example.test"},
                       "root@example.test"),
                      ({}, "root")):
        configure(own=own)
        r = pam("stage", "root", world.own.sign(
            claims(preferred_username=name)))
        assert not r.ok and PERM_DENIED in r.text
        refused(audit, "USER_NAME", "identity")
        assert pam("stage", "alice", world.own.sign(claims(
            preferred_username=name.replace("root", "alice")))).ok


def test_a_reload_reads_the_map_again(world, service, audit, people):
    robot = world.own.sign(claims("robot-7"))
    people(f"{OWN} robot-7 alice\n")
    configure(own={"map_file": MAP})
    assert pam("stage", "alice", robot).ok
    people(f"{OWN} robot-7 bob\n")
    assert pam("stage", "alice", robot).ok
    stage.reload()
    assert not pam("stage", "alice", robot).ok
    assert pam("stage", "bob", robot).ok
    # One that is no map, or that others may write: the old one stays.
    for text, mode in ((f"{OWN} robot-7\n", 0o640),
                       (f"{OWN} robot-7 alice\n", 0o666)):
        people(text).chmod(mode)
        r = subprocess.run(["bearerauth", "reload"], check=False, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert r.returncode == 4 and str(MAP) in r.stdout, r.stdout
        assert pam("stage", "bob", robot).ok


# --- which tokens: profiles, secrets, tenants --------------------------------

def test_typ_JWT_by_the_legacy_profile_only_JWT_10(world, either, audit):
    good = world.own.sign(claims(), typ="JWT")
    for profile, ok in (("rfc9068", False), ("legacy", True)):
        configure(own={"profile": profile})
        assert pam("stage", "alice", good).ok == ok
        if not ok:
            refused(audit, "TYP", "type")
        assert pam("stage", "alice", world.own.token("alice")).ok
        assert pam("stage", "alice", world.own.sign(claims(), typ=None)
                   ).ok == ok


LEGACY = {      # what no access token has: the claims, and what is repaired
    "keycloak-id_V54": {"typ": "ID"},
    "keycloak-refresh": {"typ": "Refresh"},
    "at_hash_AT-09": {"at_hash": "x"},
    "nonce-and-own-audience_V54": {"nonce": "n", "aud": [
        "stage", "urn:stage:rs256"]},
    "logout": {"events": {}},
    "introspection": {"token_introspection": {}},
}


@pytest.mark.parametrize("profile", ["rfc9068", "legacy"])
@pytest.mark.parametrize("name", LEGACY)
def test_other_kinds_of_token_JWT_09(world, service, audit, name, profile):
    configure(own={"profile": profile})
    typ = "at+jwt" if profile == "rfc9068" else "JWT"
    r = pam("stage", "alice", world.own.sign(claims(**LEGACY[name]), typ=typ))
    if profile == "rfc9068" and "typ" in LEGACY[name]:
        assert r.ok     # at+jwt says it, and a claim typ means nothing there
    else:
        assert not r.ok and AUTH_ERR in r.text
        refused(audit, "ID_TOKEN", "kind")
    assert pam("stage", "alice", world.own.sign(claims(
        nonce="n", typ="Bearer"), typ=typ)).ok


@pytest.mark.parametrize("profile,error,check", [
    ("rfc9068", "TYP", "type"), ("legacy", "ID_TOKEN", "kind")])
def test_the_providers_ID_token_is_refused_AT_09_V54(world, service, audit,
                                                     profile, error, check):
    """Signed by the provider for our client, and the client is an audience."""
    token = world.op.id_token("alice")
    header, content = mint.parts(token)
    assert content["aud"] == "stage" and content["sub"] == "alice"
    configure({"require_scope": "login"}, issuers={ISSUER: {
        "profile": profile, "username": "sub",
        "audience": "stage urn:stage:rs256"}})
    r = pam("stage", "alice", token)
    assert not r.ok and AUTH_ERR in r.text
    refused(audit, error, check)
    # Made into an access token by the provider's own key it gets in.
    repaired = mint.sign(
        {**header, "typ": "at+jwt" if profile == "rfc9068" else "JWT"},
        {"client_id": "stage", "jti": "1", "scope": "login",
         **{k: v for k, v in content.items() if k != "at_hash"}},
        world.op.key(header["alg"]))
    r = pam("stage", "alice", repaired)
    assert r.ok, (r.text, audit.lines()[-1])
    assert pam("stage", "alice", world.op.token("alice")).ok


def test_a_legacy_scope_in_scp(world, service, audit):
    configure(own={"profile": "legacy"})
    more = {"scope": None, "client_id": None, "jti": None, "cid": "stage"}
    assert pam("stage", "alice", world.own.sign(
        claims(**more, scp=["login"]), typ=None)).ok
    assert not pam("stage", "alice", world.own.sign(
        claims(**more, scp=["mail"]), typ=None)).ok
    refused(audit, "SCOPE", "scope")


def shared_issuer(mode: int = 0o640, secret: bytes = b"s" * 32) -> bytes:
    """An issuer whose secret lies in a file; the secret."""
    stage.install_private(SECRET, json.dumps({
        "kty": "oct", "alg": "HS256", "kid": "s1", "k": mint.b64(secret)}))
    SECRET.chmod(mode)
    configure({"issuer": f"{ISSUER} {OWN} {SHARED}"}, issuers={
        SHARED: {"symmetric_key_file": SECRET, "ca_file": None}})
    return secret


@pytest.fixture
def shared(world):
    yield lambda claims_of, alg="HS256", secret=b"s" * 32: mint.sign_hmac(
        {"alg": alg, "typ": "at+jwt", "kid": "s1"}, claims_of, secret)
    SECRET.unlink(missing_ok=True)


def of_shared(**more) -> dict:
    return {**claims(), "iss": SHARED, **more}


def test_a_shared_secret_JWK_09(world, either, audit, shared):
    shared_issuer()
    r = pam("stage", "alice", shared(of_shared()))
    assert r.ok, (r.text, audit.lines())
    assert audit.one()["issuer"] == SHARED
    # Another secret; the public key of somebody as the secret; another hash.
    assert not pam("stage", "alice", shared(of_shared(), secret=b"t" * 32)).ok
    refused(audit, "SIGNATURE", "signature")
    assert not pam("stage", "alice", shared(of_shared(), "HS512")).ok
    refused(audit, "KEY", "key")
    # A key pair has no say here, whoever's it is.
    assert not pam("stage", "alice", world.own.sign(of_shared())).ok
    refused(audit, "ALG", "algorithm")
    assert mint.b64(b"s" * 32) not in audit.text()


def test_V01_a_secret_of_one_is_nothing_to_another(world, either, audit,
                                                   shared):
    """The same secret and the same token, in the name of an issuer that has
    public keys."""
    shared_issuer()
    for iss in (OWN, ISSUER):
        assert not pam("stage", "alice", shared(of_shared(iss=iss))).ok
        refused(audit, "ALG", "algorithm")
    assert pam("stage", "alice", shared(of_shared())).ok


def test_JWK_09_the_public_key_is_no_secret_V01(world, service, audit,
                                                shared):
    """RS/HS confusion, where HS256 is known at all."""
    shared_issuer()
    public = mint.openssl("pkey", "-in", world.own.key, "-pubout")
    assert not pam("stage", "alice", shared(claims(), secret=public)).ok
    refused(audit, "ALG", "algorithm")


def test_a_secret_that_others_may_read_is_none_CA_04(world, either, audit,
                                                     shared):
    shared_issuer(0o644)
    r = pam("stage", "alice", shared(of_shared()))
    assert not r.ok and UNAVAIL in r.text
    assert audit.lines()[-1]["verdict"] == "unavailable"
    text = audit.text()
    assert str(SECRET) in text
    assert mint.b64(b"s" * 32) not in text
    # That is nobody else's trouble.
    assert pam("stage", "alice", world.own.token("alice")).ok
    shared_issuer(0o640)
    assert pam("stage", "alice", shared(of_shared())).ok


def tenant_url(tenant: str) -> str:
    return LOGIN.replace("{tenantid}", tenant)


def of_tenant(iss: str, tid: str | None) -> dict:
    return {**claims(), "iss": tenant_url(iss), "tid": tid}


def configure_tenants() -> None:
    configure({"issuer": f"{LOGIN} {OWN}"}, issuers={
        LOGIN: {"tenant": " ".join(TENANTS[:2]),
                "jwks_file": stage.OwnIssuer.jwks}})


def test_V36_two_tenants_and_a_stranger(world, either, audit):
    ours, theirs, strange = TENANTS
    configure_tenants()
    for t in (ours, theirs):
        r = pam("stage", "alice", world.own.sign(of_tenant(t, t)))
        assert r.ok, (r.text, audit.lines())
        assert audit.lines()[-1]["issuer"] == tenant_url(t)
    # All of these are signed with the one key that the tenants share.
    for iss, tid, error, check in (
            (ours, theirs, "TENANT", "claims"),
            (ours, strange, "TENANT", "claims"),
            (ours, None, "TENANT", "claims"),
            (strange, strange, "ISS", "issuer"),
            (strange, ours, "ISS", "issuer"),
            ("{tenantid}", ours, "ISS", "issuer"),
            (ours.upper() + "/", ours, "ISS", "issuer")):
        r = pam("stage", "alice", world.own.sign(of_tenant(iss, tid)))
        assert not r.ok and AUTH_ERR in r.text
        refused(audit, error, check)


def test_V36_one_tenant_of_two_for_a_service(world, service, audit):
    configure_tenants()
    configure({"issuer": tenant_url(TENANTS[0])}, issuers={
        LOGIN: {"tenant": " ".join(TENANTS[:2]),
                "jwks_file": stage.OwnIssuer.jwks}})
    ours, theirs = (world.own.sign(of_tenant(t, t)) for t in TENANTS[:2])
    assert pam("stage", "alice", ours).ok
    assert not pam("stage", "alice", theirs).ok
    refused(audit, "ISS", "issuer")
    r = subprocess.run(["bearerauth", "status"], text=True, check=True,
                       stdout=subprocess.PIPE)
    for t in TENANTS[:2]:
        assert f"issuer {tenant_url(t)}: file, 2 keys\n" in r.stdout


# --- how much a login leaves behind ------------------------------------------

GUIDS = [f"00000000-0000-0000-0000-{i:012d}" for i in range(600)]


def test_V49_many_groups(world, service, audit):
    """200 is what Entra ID sends at most.  Of any number of groups a record
    holds those that the rules name."""
    configure({"require_group": GUIDS[7]})
    token = world.own.sign(claims(groups=GUIDS))
    assert ask_and_account(token) == [wire.OK, wire.OK]
    assert "cannot be remembered" not in audit.text()


@pytest.mark.parametrize("count,ok", [(100, True), (600, False)])
def test_V49_many_audiences(world, service, audit, count, ok):
    """What is more than a record holds is unavailable in the account phase,
    and said."""
    configure({})
    own = claims()["aud"]
    token = world.own.sign(claims(aud=GUIDS[:count] + [own]))
    assert ask_and_account(token) == [wire.OK, wire.OK if ok
                                      else wire.UNAVAILABLE]
    assert ("cannot be remembered" in audit.text()) == (not ok)


def ask_and_account(token: str) -> list[int]:
    """Both phases over the wire: no PAM host carries a token that long."""
    uid, login = pwd.getpwnam("alice").pw_uid, os.urandom(16).hex()
    first = wire.ask(str(stage.ASK), "stage", token, user="alice", uid=uid,
                     id=login)[0]
    with wire.Conversation(str(stage.ASK)) as c:
        c.send(wire.ACCOUNT, id=login, service="stage", user="alice", uid=uid,
               deadline=5000, can_prompt=0)
        return [first, c.receive()[1]["family"]]
