# SPDX-License-Identifier: BSD-2-Clause
"""OAUTHBEARER and XOAUTH2 in real servers, by clients that are not ours, each
server as doc/SASL.md sets it up."""
import base64
import contextlib
import http.server
import json
import re
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

import sasl_hosts as h
import stage

# tests/run.sh puts it there from ../shared, which the stage may cover.
VECTORS = stage.SRC / "build/rfc7628_sasl.json"

no_cyrus = pytest.mark.skipif(
    not h.CYRUS.exists(),
    reason="no imapd in build/cyrus: tests/lib/install.sh puts it there")


@pytest.fixture(scope="module", name="hosts")
def hosts_fixture(world):
    h.configure("smtp", "ldap", "imap", "dovecot")
    with contextlib.ExitStack() as stack:
        stack.enter_context(h.postfix())
        stack.enter_context(h.slapd())
        if h.CYRUS.exists():
            stack.enter_context(h.cyrus())
        yield world
    h.unconfigure()


@pytest.fixture(name="running")
def running_fixture(hosts):
    """The broker, by the document."""
    h.configure("smtp", "ldap", "imap", "dovecot")
    with stage.Broker():
        yield hosts


# --- every client at every server ---------------------------------------------

BOTH = ("OAUTHBEARER", "XOAUTH2")
PAIRS = [
    *[(c, m) for c in (h.smtplib_, h.msmtp) for m in BOTH],
    *[(c, m) for c in (h.curl_smtp, h.sample) for m in BOTH],
    (h.ldapwhoami, "OAUTHBEARER"),
    (h.ldapwhoami_ldapi, "OAUTHBEARER"),
    (h.python_ldap, "OAUTHBEARER"),
    (h.curl_ldap, "OAUTHBEARER"),
    *[pytest.param(c, m, marks=no_cyrus)
      for c in (h.imaplib_, h.mbsync, h.curl_imap) for m in BOTH],
]
pairs = pytest.mark.parametrize(
    "client,mech", PAIRS, ids=lambda x: getattr(x, "__name__", x))

# What the server's protocol says, as the client tells it: refused, unavailable.
SMTP = (r"\b535 5\.7\.8 ", r"\b454 4\.7\.0 ")
IMAP = (r"auth(entication|orization) failure", r"(?i)unavailable")
CODES = {h.smtplib_: (535, 454), h.ldapwhoami: (49, 52),
         h.ldapwhoami_ldapi: (49, 52), h.python_ldap: (49, 52)}
# (Of XOAUTH2 curl knows no answer: once it is told why, it hangs up.)
WORDS = {h.curl_smtp: (SMTP[0] + r"|< 334 eyJ", SMTP[1]), h.msmtp: SMTP,
         h.curl_imap: (IMAP[0] + r"|< \+ eyJ", IMAP[1]), h.mbsync: IMAP, h.imaplib_: IMAP, h.sample: IMAP}


def assert_code(client, r, number: int) -> None:
    if client in CODES:
        assert r.code == CODES[client][number], r.text
    if client in WORDS:
        assert re.search(WORDS[client][number], r.text), r.text
        assert not re.search(WORDS[client][1 - number], r.text), r.text


@pairs
def test_a_good_token_SA_01_SA_14(running, audit, client, mech):
    r = client(running.op.token("alice"), "alice", mech)
    assert r.ok, r.text
    line = audit.lines()[-1]
    assert (line["verdict"], line["user"]) == ("accepted", "alice")
    assert "person" not in line


@pairs
def test_a_bad_token_SA_07(running, audit, client, mech):
    r = client(running.forgeries["garbage-signature"], "alice", mech)
    assert not r.ok, r.text
    assert_code(client, r, 0)
    assert {x["error"] for x in audit.lines()} == {"SIGNATURE"}


@pairs
def test_an_expired_token_JWT_01(running, audit, client, mech):
    now = int(time.time())
    token = running.own.token("alice", iat=now - 600, exp=now - 60)
    r = client(token, "alice", mech)
    assert not r.ok, r.text
    assert_code(client, r, 0)
    assert {x["error"] for x in audit.lines()} == {"EXP"}
    assert client(running.own.token("alice"), "alice", mech).ok


@pairs
def test_another_user_SA_06(running, audit, client, mech):
    """slapd is told both names, and knows of no way from bob to alice."""
    r = client(running.op.token("bob"), "alice", mech)
    assert not r.ok, r.text
    errors = {x.get("error") for x in audit.lines()}
    service = audit.lines()[0]["service"]
    assert errors == {{"smtp": "USER_MISMATCH", "imap": "AUTHZID",
                       "ldap": None}[service]}
    assert client(running.op.token("bob"), "bob", mech).ok


LDAP = (h.ldapwhoami, h.ldapwhoami_ldapi, h.python_ldap)
# Clients that show what they are told of a failure.
SHOWS = (h.smtplib_, h.curl_smtp, h.imaplib_, h.curl_imap, h.sample)


def failure(mech: str, status: str, number: str) -> bytes:
    """RFC 7628 section 3.2.2, or what those of XOAUTH2 expect."""
    return json.dumps(
        {"status": status, "scope": "mail", "openid-configuration":
         stage.ISSUER + "/.well-known/openid-configuration"}
        if mech == "OAUTHBEARER" else
        {"status": number, "schemes": "bearer", "scope": "mail"},
        separators=(",", ":")).encode()


@pairs
def test_too_little_scope_SA_08(running, audit, client, mech):
    r = client(running.op.token("alice", scope="login"), "alice", mech)
    assert not r.ok, r.text
    assert {x["error"] for x in audit.lines()} == {"SCOPE"}
    if client in SHOWS:
        assert h.challenges(r) == [failure(mech, "insufficient_scope", "403")]
    if client in LDAP:      # RFC 4511: insufficientAccessRights
        assert r.code == 50, r.text
    else:
        assert_code(client, r, 0)


@pairs
def test_the_provider_is_down(running, audit, client, mech):
    """Never "refused": who is refused throws the token away."""
    r = client(running.unreachable, "alice", mech)
    assert not r.ok, r.text
    assert_code(client, r, 1)
    assert {x["verdict"] for x in audit.lines()} == {"unavailable"}


@pytest.fixture(name="opaque")
def opaque_fixture(hosts):
    """The broker, by the document, and it asks about opaque tokens."""
    asker = hosts.askers["client_secret_basic"]
    h.configure("smtp", "ldap", "imap", issuer=asker.issuer(),
                change=lambda text: re.sub(
                    r"(?m)^issuer .*", rf"issuer = {stage.ISSUER}\n"
                    rf"opaque_issuer = {stage.ISSUER}", text))
    hosts.op.forget_requests()
    with stage.Broker():
        yield hosts


@pairs
def test_an_opaque_token_INT_01(opaque, audit, client, mech):
    """Of which the provider tells; and nobody else's."""
    token = opaque.op.token("alice", h.OPAQUE)
    assert "." not in token
    r = client(token, "alice", mech)
    assert r.ok, r.text
    assert audit.lines()[-1]["verdict"] == "accepted"
    assert "/token/introspection" in opaque.op.requests()
    r = client(token[:-4] + "AAAA", "alice", mech)
    assert not r.ok, r.text
    assert audit.lines()[-1]["error"] == "INACTIVE"


# About the longest token that goes through, and whose limit that is.
LIMIT = {
    # smtpd_sasl_response_limit of the document, in base64
    **dict.fromkeys((h.smtplib_, h.curl_smtp), 49000),
    # its own, for a line of base64 (4094 characters)
    h.msmtp: 2900,
    # ours: 64 KiB for a message
    **dict.fromkeys((h.ldapwhoami, h.ldapwhoami_ldapi, h.python_ldap,
                     h.curl_ldap), 65000),
    # imapd's own, for a line of base64
    **dict.fromkeys((h.imaplib_, h.curl_imap), 11000),
    # a buffer of its own
    h.mbsync: 5500,
    # its line
    h.sample: 1200,
}


@pairs
def test_tokens_of_all_sizes(running, client, mech):
    """From 400 characters to the host's own limit; a longer one is none."""
    limit = LIMIT[client]
    if (client, mech) == (h.msmtp, "OAUTHBEARER"):
        limit = 1400    # in one line with AUTH: Postfix' line_length_limit
    for size in (400, limit // 2, limit):
        r = client(running.own.sized("alice", size), "alice", mech)
        assert r.ok, (size, r.text)
    r = client(running.own.sized("alice", 2 * limit), "alice", mech)
    assert not r.ok, r.text
    assert client(running.own.sized("alice", 400), "alice", mech).ok


def test_XOAUTH2_by_a_script_SA_14(running, audit):
    """What Google's and Microsoft's clients do: an empty line back, and then
    they try again, with another token and in the same session."""
    bad, good = (base64.b64encode(h.message("XOAUTH2", x, "alice")).decode()
                 for x in (running.forgeries["garbage-signature"],
                           running.op.token("alice")))
    with h.smtplib.SMTP(h.MAIL, 25, timeout=30) as s:
        s.starttls(context=h.context())
        s.ehlo()
        assert b"XOAUTH2" in s.esmtp_features["auth"].encode().split()
        code, text = s.docmd("AUTH", f"XOAUTH2 {bad}")
        assert code == 334
        assert base64.b64decode(text) == failure("XOAUTH2", "", "401")
        assert s.docmd("")[0] == 535
        assert audit.lines()[-1]["error"] == "SIGNATURE"
        # … or they give up in the middle (RFC 4954 section 4).
        assert s.docmd("AUTH", f"XOAUTH2 {bad}")[0] == 334
        assert s.docmd("*")[0] == 501
        assert s.docmd("AUTH", f"XOAUTH2 {good}")[0] == 235


@no_cyrus
def test_a_name_that_is_an_address_in_Cyrus_SA_06(running, audit):
    """By the line that the document has for it."""
    for name in ("dora.doe@example.test", "dora@other.example.test"):
        r = h.imaplib_(running.own.token(name), name, "OAUTHBEARER")
        assert r.ok, r.text
        assert audit.lines()[-1]["user"] == name
        # Without it.
        r = h.imap_raw("OAUTHBEARER", h.oauthbearer(
            running.own.token(name), name), port=h.IMAP_PLAIN_NAMES)
        assert not r.ok, r.text


def test_ldapi_needs_no_TLS_and_the_net_does_SA_05(running):
    token = running.op.token("alice")
    r = h.ldapwhoami(token, "", url=h.LDAPI_URL, tls=False)
    assert r.ok and "dn:uid=alice,ou=people" in r.text
    r = h.ldapwhoami(token, "", tls=False)
    assert not r.ok and r.code == 48, r.text     # RFC 4511: inappropriateAuthentication
    assert h.ldapwhoami(token, "").ok


# --- who may be whom ----------------------------------------------------------

def test_proxy_by_slapd_s_own_rule_SA_06(running, audit):
    """authzTo of alice names bob; nothing names anybody for bob."""
    alice, bob = running.op.token("alice"), running.op.token("bob")
    for authzid in ("u:bob", "dn:uid=bob,ou=people,dc=example,dc=test"):
        r = h.ldapwhoami(alice, authzid)
        assert r.ok and "dn:uid=bob,ou=people" in r.text, r.text
        line = audit.lines()[-1]
        assert (line["user"], line["wants"]) == ("alice", authzid)
    r = h.ldapwhoami(bob, "u:alice")
    assert not r.ok, r.text
    r = h.ldapwhoami(alice, "u:alice")
    assert r.ok and "dn:uid=alice,ou=people" in r.text, r.text


@no_cyrus
def test_a_shared_mailbox_SA_06(running, audit):
    for mech in BOTH:
        r = h.imaplib_(running.op.token("alice"), "sales", mech)
        assert r.ok, r.text
        line = audit.lines()[-1]
        assert (line["user"], line["person"]) == ("sales", "alice")
        r = h.imaplib_(running.op.token("carol"), "sales", mech)
        assert not r.ok
        assert audit.lines()[-1]["error"] == "AUTHZID"


@no_cyrus
def test_a_mailbox_by_a_claim_SA_06(running, audit):
    h.configure("imap", change=lambda text: re.sub(
        r"(?m)^shared_map.*", "shared_claim = boxes", text))
    stage.reload()
    token = running.own.token("alice", boxes=["sales"])
    assert h.imaplib_(token, "sales", "OAUTHBEARER").ok
    assert audit.lines()[-1]["person"] == "alice"
    assert not h.imaplib_(token, "info", "OAUTHBEARER").ok
    assert not h.imaplib_(running.own.token("alice"), "sales",
                          "OAUTHBEARER").ok


@no_cyrus
def test_proxy_by_cyrus_own_rule_SA_06(running):
    """bob is one of its proxyservers, alice is not."""
    h.configure("imap", change=lambda text: re.sub(
        r"(?m)^shared_map.*\n", "", text.replace("shared", "proxy", 1)))
    stage.reload()
    assert h.imaplib_(running.op.token("bob"), "alice", "OAUTHBEARER").ok
    r = h.imaplib_(running.op.token("alice"), "bob", "OAUTHBEARER")
    assert not r.ok, r.text


def test_host_and_port_SA_04(running, audit):
    """Those of the document's [service smtp]."""
    token = running.op.token("alice")
    for host, port, error in (
            (h.MAIL, 25, None), (h.MAIL.upper(), 587, None),
            ("mail.example.com", 25, "HOST"), (h.MAIL, 143, "HOST")):
        r = h.smtp_raw("OAUTHBEARER", (
            f"n,,\x01host={host}\x01port={port}\x01"
            f"auth=Bearer {token}\x01\x01").encode())
        assert r.ok == (error is None), r.text
        assert audit.lines()[-1].get("error") == error
        if error:
            assert json.loads(r.prompts[0])["status"] == "invalid_request"


# --- the wire -----------------------------------------------------------------

RAW = [h.smtp_raw, h.ldap_raw, pytest.param(h.imap_raw, marks=no_cyrus)]


class Example(http.server.BaseHTTPRequestHandler):
    """The provider of RFC 7628's examples: it knows one token."""
    token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

    def do_POST(self):
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        good = ("token=" + self.token.replace("=", "%3D")) in form
        now = int(time.time())
        text = json.dumps({
            "active": True, "iss": "https://example.com", "iat": now,
            "exp": now + 300, "aud": "urn:stage:rs256", "sub": "1",
            "client_id": "c", "scope": "example_scope",
            "token_type": "Bearer",
            "username": "user@example.com"} if good else {"active": False})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):      # pylint: disable=arguments-differ
        pass


@pytest.fixture(name="example")
def example_fixture(hosts):
    """A broker that is configured as the standard's examples would have it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 9500), Example)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(stage.TLS / "server.pem", stage.TLS / "server.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stage.forget_store()
    text = stage.section("issuer https://example.com", {
        "audience": "urn:stage:rs256", "verify": "introspection",
        "introspection_endpoint": "https://own.example.test:9500/i",
        "endpoint_host": "own.example.test:9500", "ca_file": h.CA,
        "client_id": "rs", "client_auth": "none", "username": "username"})
    for name, peer in (("smtp", "postfix"), ("ldap", "openldap"),
                       ("imap", "cyrus")):
        text += stage.section(f"service {name}", {
            "issuer": "https://example.com",
            "opaque_issuer": "https://example.com", "peer": peer,
            "accounts": "virtual", "require_scope": "example_scope"})
    h.unconfigure()
    stage.install_config(text + stage.section(
        f"listen {stage.CHROOT_ASK}", {"group": "postfix", "mode": "0660"}))
    with stage.Broker():
        yield hosts
    server.shutdown()
    server.server_close()


@pytest.fixture(name="messages")
def messages_fixture() -> list[bytes]:
    if not VECTORS.exists():
        pytest.skip(f"{VECTORS} is not here")
    return [base64.b64decode(e["b64"])
            for e in json.loads(VECTORS.read_text())["examples"]]


@pytest.mark.parametrize("raw", RAW)
def test_the_messages_of_RFC_7628_SA_01_SA_03_SA_07(example, messages, audit,
                                                    raw):
    """All seven, byte for byte: sections 4.1 (twice), 4.3 (question, failure,
    dummy) and 4.4 (a message whose gs2 header is none, and its failure, but
    for one member)."""
    imap, smtp, question, failed, dummy, malformed, other = messages
    for first in (imap, smtp):
        r = raw("OAUTHBEARER", first)
        assert r.ok and r.prompts == [], r.text
    assert {x["verdict"] for x in audit.lines()} == {"accepted"}
    known = len(audit.lines())
    r = raw("OAUTHBEARER", question, dummy)
    assert not r.ok
    assert r.prompts == [failed]
    r = raw("OAUTHBEARER", b"\x01", dummy)      # the other form of it
    assert not r.ok and r.prompts == [failed]
    # Nobody has failed to log in.
    assert len(audit.lines()) == known
    # What stands in 4.4 is outside of the grammar of 3.1: no dialogue.
    r = raw("OAUTHBEARER", malformed)
    assert not r.ok and r.prompts == []
    # Put right it gets the object of 3.2.2, of which "schemes" is no member.
    r = raw("OAUTHBEARER", malformed.replace(b"user=", b"a=", 1))
    assert not r.ok and r.prompts == [failed]
    # That of 4.4: "schemes" is XOAUTH2's, and our issuer has metadata.
    text = stage.CONFIG.read_text()
    stage.install_config(text.replace("= example_scope",
                                      "= https://mail.example.com/"))
    stage.reload()
    r = raw("OAUTHBEARER", malformed.replace(b"user=", b"a=", 1))
    metadata = failed[failed.index(b',"openid-configuration"'):]
    assert r.prompts == [
        other.replace(b'"schemes":"bearer mac",', b"")[:-1] + metadata]


# The document's slapd does not offer XOAUTH2.
@pytest.mark.parametrize("raw, mech", [
    *[(h.smtp_raw, m) for m in BOTH], (h.ldap_raw, "OAUTHBEARER"),
    *[pytest.param(h.imap_raw, m, marks=no_cyrus) for m in BOTH]])
def test_no_success_after_a_failure_SA_07(running, audit, raw, mech):
    """Not even by a good token in the answer's place."""
    bad = running.forgeries["garbage-signature"]
    good = h.message(mech, running.op.token("alice"), "alice")
    r = raw(mech, h.message(mech, bad, "alice"), good)
    assert not r.ok and len(r.prompts) == 1, r.text
    assert [x["verdict"] for x in audit.lines()] == ["refused"]
    assert raw(mech, good).ok


@pytest.mark.parametrize("raw", RAW)
def test_what_is_no_message_V27_V29_V31_SA_10(running, audit, raw):
    """Each ends its own exchange, and nothing else."""
    token = running.op.token("alice").encode()
    for first, prompts in (
            (b"n,a=alice\0,\x01auth=Bearer " + token + b"\x01\x01", 0),
            (b"n,a=\xff,\x01auth=Bearer " + token + b"\x01\x01", 0),
            (b"p=tls-unique,,\x01auth=Bearer " + token + b"\x01\x01", 0),
            (b"n,a=../../etc/x,\x01auth=Bearer " + token + b"\x01\x01", 1),
            (b"n,,\x01auth=Bearer " + token + b"\x01auth=Bearer " + token +
             b"\x01\x01", 1),
            (b"n," + b"," * 5000, 0)):
        if raw is h.ldap_raw and b".." in first:
            continue        # proxy: the host's business
        r = raw("OAUTHBEARER", first)
        assert not r.ok and len(r.prompts) == prompts, first
    assert {x["verdict"] for x in audit.lines()} <= {"refused",
                                                     "not allowed"}
    assert raw("OAUTHBEARER", h.oauthbearer(token.decode())).ok


def test_base64_that_is_none_V29(running):
    """In one connection, while another one is in the middle of its own."""
    first = h.oauthbearer(running.op.token("alice"))
    with h.smtplib.SMTP(h.MAIL, 25, timeout=30) as a, \
            h.smtplib.SMTP(h.MAIL, 25, timeout=30) as b:
        for s in (a, b):
            s.starttls(context=h.context())
            s.ehlo()
        assert a.docmd("AUTH", "OAUTHBEARER")[0] == 334
        assert b.docmd("AUTH", "OAUTHBEARER =%%=")[0] in (501, 535)
        assert a.docmd(base64.b64encode(first).decode())[0] == 235


# --- the rest of the framework's programs ---------------------------------------

def test_unconfigured_programs_load_it(audit):
    """saslauthd's kin load all plug-ins they find."""
    r = subprocess.run(["saslpluginviewer", "-s", "-m", "OAUTHBEARER"],
                       env=stage.ENV, text=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False, timeout=20)
    assert "oauthbearer" in r.stdout, r.stdout
    assert r.returncode == 0
    assert ours(audit) == []


def ours(audit) -> list[str]:
    """What our plug-in has logged, not being asked."""
    return [x for x in audit.text().splitlines()
            if re.search("(?i)oauth", x) and "bearerauthd" not in x]


@pytest.fixture(name="saslauthd")
def saslauthd_fixture(hosts):
    """It and Postfix, whose people have passwords, too."""
    mux = Path("/var/spool/postfix/var/run/saslauthd")
    mux.mkdir(parents=True, exist_ok=True)
    subprocess.run(["saslpasswd2", "-p", "-c", "-u", h.MAIL, "zoe"],
                   input="secret", text=True, env=stage.ENV, check=True)
    with stage.Server("saslauthd", [
            # It ends with its whole process group.
            "setsid", "saslauthd", "-a", "sasldb", "-d", "-n", "1", "-m", str(mux)],
            lambda: (mux / "mux").exists()):
        yield mux / "mux"


def password(user: str, text: str) -> tuple[int, set[str]]:
    """PLAIN's code, and what is offered."""
    with h.smtplib.SMTP(h.MAIL, h.SMTP_PASSWORDS, timeout=30) as s:
        s.starttls(context=h.context())
        s.ehlo()
        plain = base64.b64encode(f"\0{user}\0{text}".encode()).decode()
        return (s.docmd("AUTH", f"PLAIN {plain}")[0],
                set(s.esmtp_features["auth"].split()))


@pytest.mark.parametrize("how", ["no broker", "no section", "configured"])
def test_saslauthd_beside_it(saslauthd, hosts, audit, how):
    """Who has a password has it without us, with us, and where we fail."""
    token = hosts.op.token("alice")
    with contextlib.ExitStack() as stack:
        if how == "no broker":
            stage.remove_sockets()
        else:
            h.configure("smtp", change=lambda text: text if
                        how == "configured" else text[text.index("[listen"):])
            stack.enter_context(stage.Broker())
        r = subprocess.run(["testsaslauthd", "-f", saslauthd, "-u", "zoe",
                            "-r", h.MAIL, "-p", "secret"], env=stage.ENV,
                           stdout=subprocess.PIPE, text=True, check=False)
        assert r.returncode == 0 and "OK" in r.stdout, r.stdout
        user = f"zoe@{h.MAIL}"
        code, offered = password(user, "secret")
        assert code == 235
        assert "PLAIN" in offered
        assert ("OAUTHBEARER" in offered) == (how != "no broker")
        assert password(user, "wrong")[0] == 535
        assert len(ours(audit)) <= 1
        if how != "no broker":
            r = h.smtp_raw("OAUTHBEARER", h.oauthbearer(token, "alice"),
                           port=h.SMTP_PASSWORDS)
            assert r.ok == (how == "configured"), r.text


# --- Dovecot, by PAM -------------------------------------------------------------

def test_dovecot_by_passdb_pam_V30(running, audit):
    token = running.op.token("alice")
    with h.dovecot():
        assert h.imap_plain("alice", token).ok
        assert audit.lines()[-1]["service"] == "dovecot"
        # No cache: neither another name, nor another token after a good one.
        assert not h.imap_plain("bob", token).ok
        assert audit.lines()[-1]["error"] == "USER_MISMATCH"
        assert not h.imap_plain(
            "alice", running.forgeries["garbage-signature"]).ok
        assert audit.lines()[-1]["error"] == "SIGNATURE"
        assert not h.imap_plain("alice", running.op.token(
            "alice", scope="login")).ok
        assert audit.lines()[-1]["error"] == "SCOPE"
        assert not h.imap_plain("root", token).ok
        assert h.imap_plain("bob", running.op.token("bob")).ok
