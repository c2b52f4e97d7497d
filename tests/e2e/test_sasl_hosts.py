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
    # curl takes OAUTHBEARER wherever that is offered
    (h.curl_smtp, "OAUTHBEARER"),
    (h.ldapwhoami, "OAUTHBEARER"),
    (h.python_ldap, "OAUTHBEARER"),
    (h.curl_ldap, "OAUTHBEARER"),
    *[pytest.param(c, m, marks=no_cyrus)
      for c in (h.imaplib_, h.mbsync) for m in BOTH],
    pytest.param(h.curl_imap, "OAUTHBEARER", marks=no_cyrus),
]
pairs = pytest.mark.parametrize(
    "client,mech", PAIRS, ids=lambda x: getattr(x, "__name__", x))

# What the protocol says, where the client tells it: refused, unavailable.
CODES = {h.smtplib_: (535, 454), h.ldapwhoami: (49, 52),
         h.python_ldap: (49, 52)}


def assert_code(client, r, number: int) -> None:
    if client in CODES:
        assert r.code == CODES[client][number], r.text


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


@pairs
def test_too_little_scope_SA_08(running, audit, client, mech):
    r = client(running.op.token("alice", scope="login"), "alice", mech)
    assert not r.ok, r.text
    assert {x["error"] for x in audit.lines()} == {"SCOPE"}
    if client in (h.smtplib_, h.imaplib_):
        said = json.loads(r.prompts[0])
        assert said["scope"] == "mail"
        assert said["status"] == ("insufficient_scope" if
                                  mech == "OAUTHBEARER" else "403")


@pairs
def test_the_provider_is_down(running, audit, client, mech):
    """Never "refused": who is refused throws the token away."""
    r = client(running.unreachable, "alice", mech)
    assert not r.ok, r.text
    assert_code(client, r, 1)
    assert {x["verdict"] for x in audit.lines()} == {"unavailable"}


@pytest.mark.parametrize("client", [
    h.smtplib_, h.ldapwhoami, pytest.param(h.imaplib_, marks=no_cyrus)])
def test_tokens_of_all_sizes(running, client):
    """To the host's own limit: Cyrus takes no more in one line; Postfix by the
    line that the document has for it."""
    sizes = (0, 1500, 8000, 16000, 36000)
    for size in sizes[:3] if client is h.imaplib_ else sizes:
        token = running.own.token("alice", pad="x" * size)
        r = client(token, "alice", "OAUTHBEARER")
        assert r.ok, (size, r.text)


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
        assert (line["user"], line["person"]) == (authzid, "alice")
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
    dummy) and 4.4 (a message whose gs2 header is none, and its failure)."""
    imap, smtp, question, failure, dummy, malformed, _ = messages
    for first in (imap, smtp):
        r = raw("OAUTHBEARER", first)
        assert r.ok and r.prompts == [], r.text
    assert {x["verdict"] for x in audit.lines()} == {"accepted"}
    known = len(audit.lines())
    r = raw("OAUTHBEARER", question, dummy)
    assert not r.ok
    assert r.prompts == [failure]
    r = raw("OAUTHBEARER", b"\x01", dummy)      # the other form of it
    assert not r.ok and r.prompts == [failure]
    # Nobody has failed to log in.
    assert len(audit.lines()) == known
    # What stands in 4.4 is outside of the grammar of 3.1: no dialogue.
    r = raw("OAUTHBEARER", malformed)
    assert not r.ok and r.prompts == []
    # Put right it gets the object of 3.2.2, of which "schemes" is no member.
    r = raw("OAUTHBEARER", malformed.replace(b"user=", b"a=", 1))
    assert not r.ok and r.prompts == [failure]


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

def test_unconfigured_programs_load_it():
    """saslauthd's kin load all plug-ins they find."""
    r = subprocess.run(["saslpluginviewer", "-s", "-m", "OAUTHBEARER"],
                       env=stage.ENV, text=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False, timeout=20)
    assert "oauthbearer" in r.stdout, r.stdout


def sample_server(first: bytes, then: bytes, mech: str) -> str:
    """sasl-sample-server(8): a line each of base64, on its standard streams."""
    lines = "".join(f"C: {base64.b64encode(x).decode()}\n" for x in (
        mech.encode() + b"\0" + first, then))
    r = subprocess.run(["sasl-sample-server", "-s", "smtp", "-p",
                        f"/usr/lib/{stage.TRIPLET}/sasl2", "-m", mech],
                       input=lines, env=stage.ENV, text=True, timeout=20,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    return r.stdout


@pytest.mark.parametrize("mech", BOTH)
def test_sample_server(running, audit, mech):
    h.configure("smtp", change=lambda text: text.replace(
        "= postfix\naccounts", "= postfix root\naccounts"))
    stage.reload()
    good = h.message(mech, running.op.token("alice"), "alice")
    text = sample_server(good, b"", mech)
    assert [x["verdict"] for x in audit.lines()] == ["accepted"], text
    assert "alice" in text
    bad = h.message(mech, running.forgeries["garbage-signature"], "alice")
    text = sample_server(bad, b"\x01", mech)
    assert audit.lines()[-1]["error"] == "SIGNATURE"
    assert "authentication failure" in text, text


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
