# SPDX-License-Identifier: BSD-2-Clause
"""Mail and directory servers as doc/SASL.md sets them up, and their clients.

What the document says is what is run: its blocks are put where it says that
they go, with the stage's names in place of its own.
"""
import base64
import contextlib
import imaplib
import os
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import stage
from stage import (DOWN, ENV, ISSUER, OWN, RUN, SRC, TLS, Login, Server,
                   client_plugins, oauthbearer, port_open)

DOC = SRC / "doc/SASL.md"
MAIL = "mail.example.test"
OPAQUE = "urn:stage:opaque"     # for which the provider's tokens are no JWTs
CA = f"{TLS}/ca.pem"
CYRUS = SRC / "build/cyrus/usr/lib/cyrus/bin/imapd"


# --- the document -------------------------------------------------------------

def to_the_stage(text: str) -> str:
    """The document's names, and ours."""
    for old, new in (
            (r"\[issuer https://id\.example\.org/realms/staff\]",
             f"[issuer {ISSUER}]"),
            (r"https://id\.example\.org/realms/staff",
             f"{ISSUER} {OWN} {DOWN}"),
            (r"audience = mail\.example\.org",
             f"audience = {' '.join([*stage.AUDIENCES, OPAQUE])}\n"
             f"ca_file = {CA}"),
            (r"\bexample\.org\b", "example.test"),
            (r"dc=example,dc=org", "dc=example,dc=test")):
        text = re.sub(old, new, text)
    assert "example.org" not in text
    return text


def recipe(path: str, chapter: str = "") -> str:
    """The block that the document says to put into this file."""
    text = DOC.read_text()
    if chapter:
        text = text[text.index(f"\n## {chapter}\n"):]
    m = re.search(rf"^`{re.escape(path)}`.*?:\n\n```\n(.*?)^```$", text,
                  re.S | re.M)
    assert m, path
    return to_the_stage(m.group(1))


def install(path: str, before: str = "", after: str = "") -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(before + recipe(path) + after)
    return file


def configure(*services: str, change=lambda text: text,
              issuer: dict | None = None) -> None:
    """bearerauth.conf and conf.d, as the document has them, but for more keys
    of its issuer; and the issuers of which we have the key, or which nobody
    hears."""
    conf = "/etc/bearerauth/bearerauth.conf"
    every = (f"audience = {' '.join(stage.AUDIENCES)}\nclock_skew = 5\n"
             f"username = preferred_username\n")
    stage.install_config(
        recipe(conf) +
        "".join(f"{k} = {v}\n" for k, v in (issuer or {}).items()) + "\n" +
        f"[issuer {OWN}]\njwks_file = {stage.OwnIssuer.jwks}\n{every}\n"
        f"[issuer {DOWN}]\nca_file = {CA}\n{every}\n")
    conf_d = stage.CONFIG.parent / "conf.d"
    shutil.rmtree(conf_d, ignore_errors=True)
    conf_d.mkdir(0o750)
    shutil.chown(conf_d, "root", "bearerauth")
    for name in services:
        path = f"/etc/bearerauth/conf.d/{name}.conf"
        stage.install_private(Path(path), change(recipe(path)))
    shared = "/etc/bearerauth/shared-mailboxes"
    stage.install_private(Path(shared), recipe(shared))


def unconfigure() -> None:
    shutil.rmtree(stage.CONFIG.parent / "conf.d", ignore_errors=True)
    stage.write_config()


# Ports of servers that are set up otherwise than the document says.
SMTP_XOAUTH2, SMTP_PASSWORDS = 2525, 2526
IMAP_XOAUTH2, IMAP_PLAIN_NAMES = 2143, 3143

# --- servers ------------------------------------------------------------------

@contextlib.contextmanager
def postfix():
    """The stage's own, with the recipe; and as it was, afterwards."""
    main, conf = Path("/etc/postfix/main.cf"), Path(
        "/etc/postfix/sasl/smtpd.conf")
    was = main.read_text(), conf.read_text()
    lines = recipe(str(main))
    names = re.findall(r"(?m)^(\w+) =", lines)
    main.write_text("\n".join(x for x in was[0].splitlines()
                              if x.split(" ")[0] not in names) + "\n" + lines)
    install(str(conf))
    # Two more: for clients that take XOAUTH2 where nothing else is offered,
    # and with passwords beside our tokens.
    master = Path("/etc/postfix/master.cf")
    service = master.read_text()
    for port, name, text in (
            (SMTP_XOAUTH2, "xoauth2", "mech_list: XOAUTH2\n"),
            (SMTP_PASSWORDS, "passwords", "pwcheck_method: saslauthd\n"
             "mech_list: PLAIN OAUTHBEARER XOAUTH2\n")):
        with open(master, "a", encoding="utf-8") as f:
            f.write(f"{port} inet n - y - - smtpd\n"
                    f"  -o smtpd_sasl_path={name}\n")
        (conf.parent / f"{name}.conf").write_text(text)
    subprocess.run(["postfix", "reload"], check=True, env=ENV,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        main.write_text(was[0])
        conf.write_text(was[1])
        master.write_text(service)
        subprocess.run(["postfix", "reload"], check=True, env=ENV,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


LDAP_URL, LDAPI_URL = "ldap://ldap.example.test:3389", "ldapi://%2Frun%2Fr%2Fi"

PEOPLE = """\
dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ou=people,dc=example,dc=test
objectClass: organizationalUnit
ou: people
"""
PERSON = """
dn: uid={0},ou=people,dc=example,dc=test
objectClass: account
objectClass: simpleSecurityObject
uid: {0}
userPassword: secret-{0}
{1}"""
MAY = "authzTo: dn.exact:uid=bob,ou=people,dc=example,dc=test\n"


@contextlib.contextmanager
def slapd(lines: str = "", sasl: str = ""):
    """One more than the stage has: with people, alice may be bob.  Lines go
    ahead of the document's, into slapd.conf and SASL's."""
    home = RUN / "slapd-recipe"
    shutil.rmtree(home, ignore_errors=True)
    (home / "db").mkdir(parents=True)
    run = Path("/run/r")
    run.mkdir(exist_ok=True)
    conf = home / "slapd.conf"
    before, after = stage.SLAPD_CONF.split('sasl-host')[0], (
        stage.SLAPD_CONF[stage.SLAPD_CONF.index("TLSCAC"):])
    after = re.sub(r"(?m)^authz-regexp.*\n", "", after)
    text = (before.replace("core.schema",
                           "core.schema\ninclude /etc/ldap/schema/cosine."
                           "schema") + lines +
            recipe("/etc/ldap/slapd.conf") + after)
    conf.write_text(text.replace(f"{RUN}/slapd/", f"{home}/"))
    (home / "ldif").write_text(PEOPLE + PERSON.format("alice", MAY) +
                               PERSON.format("bob", ""))
    subprocess.run(["/usr/sbin/slapadd", "-f", conf, "-l", home / "ldif"],
                   check=True, env=ENV, stdin=subprocess.DEVNULL)
    for path in (home, run, *home.rglob("*")):
        shutil.chown(path, "openldap", "openldap")
    install("/etc/ldap/sasl2/slapd.conf", before=sasl)
    with Server("slapd-recipe", [
            "/usr/sbin/slapd", "-u", "openldap", "-g", "openldap", "-f",
            str(conf), "-h", f"ldap://127.0.0.1:3389 ldaps://127.0.0.1:6636 {LDAPI_URL}",
            "-d", "0"],
            lambda: port_open(3389)) as server:
        yield server


CYRUS_CONF = f"""\
START {{
  recover cmd="/usr/lib/cyrus/bin/ctl_cyrusdb -C /etc/imapd.conf -r"
}}
SERVICES {{
  imap cmd="/usr/lib/cyrus/bin/imapd -C /etc/imapd.conf" listen="127.0.0.1:143" prefork=0
  xoauth2 cmd="/usr/lib/cyrus/bin/imapd -C /etc/imapd-xoauth2.conf" listen="127.0.0.1:{IMAP_XOAUTH2}" prefork=0
  names cmd="/usr/lib/cyrus/bin/imapd -C /etc/imapd-names.conf" listen="127.0.0.1:{IMAP_PLAIN_NAMES}" prefork=0
}}
EVENTS {{
}}
"""
IMAPD_CONF = f"""\
configdirectory: {RUN}/cyrus/conf
defaultpartition: default
partition-default: {RUN}/cyrus/spool
admins: cyrusadm
proxyservers: bob
servername: {MAIL}
tls_server_cert: {TLS}/server.pem
tls_server_key: {RUN}/cyrus/server.key
autocreate_quota: 0
autocreate_post: 1
failedloginpause: 0
"""


@contextlib.contextmanager
def cyrus():
    home = RUN / "cyrus"
    shutil.rmtree(home, ignore_errors=True)
    for name in ("conf", "spool"):
        (home / name).mkdir(parents=True)
    shutil.copy(TLS / "server.key", home / "server.key")
    for path in (home, *home.rglob("*")):
        shutil.chown(path, "cyrus", "mail")
    shutil.copy(CYRUS, "/usr/lib/cyrus/bin/imapd")
    conf = install("/etc/imapd.conf", before=IMAPD_CONF)
    text = conf.read_text()
    Path("/etc/imapd-xoauth2.conf").write_text(
        text.replace("OAUTHBEARER XOAUTH2", "XOAUTH2"))
    Path("/etc/imapd-names.conf").write_text(
        re.sub(r"(?m)^virtdomains.*\n", "", text))
    Path("/etc/cyrus.conf").write_text(CYRUS_CONF)
    with Server("cyrus", [
            "/usr/lib/cyrus/bin/master", "-C", "/etc/imapd.conf", "-M",
            "/etc/cyrus.conf", "-p", str(home / "pid"), "-D"],
            lambda: port_open(143)) as server:
        yield server


DOVECOT_CONF = f"""\
base_dir = /run/dovecot-recipe
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{TLS}/server.pem
ssl_key = <{TLS}/server.key
mail_location = maildir:~/Maildir
log_path = /dev/stderr
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 1143
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@contextlib.contextmanager
def dovecot():
    install("/etc/pam.d/dovecot", after="session required pam_permit.so\n")
    conf = install("/etc/dovecot/dovecot.conf", before=DOVECOT_CONF)
    with Server("dovecot", ["/usr/sbin/dovecot", "-F", "-c", str(conf)],
                lambda: port_open(1143)) as server:
        yield server


# --- clients ------------------------------------------------------------------

def secret(token: str) -> Path:
    path = RUN / f"token-{os.urandom(4).hex()}"
    path.touch(0o600)
    path.write_text(token)
    return path


def run(argv: list, text: str = "", env: dict | None = None) -> Login:
    start = time.monotonic()
    r = subprocess.run([str(x) for x in argv], input=text, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=30, check=False, env={**ENV, **(env or {})})
    return Login(r.returncode == 0, r.stdout, r.returncode,
                 time.monotonic() - start)


def curl(url: str, token: str, user: str, *options: str) -> Login:
    """The token by a configuration on its standard input."""
    return run(["curl", "-v", "-sS", "--max-time", "20", "--cacert", CA,
                "--ssl-reqd", *options, "-K", "-", url],
               f'user = "{user}:"\noauth2-bearer = "{token}"\n')


def curl_smtp(token: str, user: str, mech: str) -> Login:
    # Where it may choose, it takes OAUTHBEARER, whatever it is told.
    port = SMTP_XOAUTH2 if mech == "XOAUTH2" else 25
    return curl(f"smtp://{MAIL}:{port}/client", token, user, "--login-options",
                f"AUTH={mech}", "--mail-from", "a@example.test",
                "--mail-rcpt", "b@example.test", "-T", "/etc/hostname")


def curl_imap(token: str, user: str, mech: str) -> Login:
    port = IMAP_XOAUTH2 if mech == "XOAUTH2" else 143
    return curl(f"imap://{MAIL}:{port}", token, user, "--login-options",
                f"AUTH={mech}")


def curl_ldap(token: str, user: str, _: str) -> Login:
    # This curl has no StartTLS for LDAP.
    return curl("ldaps://ldap.example.test:6636/dc=example,dc=test?o?base",
                token, user,
                "--login-options", "AUTH=OAUTHBEARER")


def msmtp(token: str, user: str, mech: str) -> Login:
    conf, path = RUN / "msmtprc", secret(token)
    conf.write_text(
        f"defaults\nauth {mech.lower()}\ntls on\ntls_starttls on\n"
        f"tls_trust_file {CA}\naccount default\nhost {MAIL}\nport 25\n"
        f"from a@example.test\nuser {user}\npasswordeval cat {path}\n")
    conf.chmod(0o600)
    r = run(["msmtp", "-C", conf, "b@example.test"], "Subject: x\n\nx\n")
    path.unlink()
    return r


def mbsync(token: str, user: str, mech: str) -> Login:
    home, path = RUN / "mbsync", secret(token)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    (home / "rc").write_text(
        f"IMAPAccount a\nHost {MAIL}\nPort 143\nUser {user}\n"
        f"PassCmd \"cat {path}\"\nSSLType STARTTLS\nCertificateFile {CA}\n"
        f"AuthMechs {mech}\n\nIMAPStore r\nAccount a\n\n"
        f"MaildirStore l\nPath {home}/mb/\nInbox {home}/mb/INBOX\n\n"
        "Channel c\nFar :r:\nNear :l:\nPatterns INBOX\nCreate Near\n")
    (home / "mb").mkdir()
    r = run(["mbsync", "-V", "-c", home / "rc", "c"],
            env={"HOME": str(home), "SASL_PATH": str(client_plugins())})
    path.unlink()
    # It is in; whether it finds an INBOX there is another matter.
    r.ok = "far side box" in r.text
    return r


def context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CA)


def message(mech: str, token: str, user: str) -> bytes:
    if mech == "OAUTHBEARER":
        return oauthbearer(token, user)
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()


def smtp_raw(mech: str, first: bytes, answer: bytes | None = None,
             port: int = 25) -> Login:
    """AUTH over STARTTLS; prompts are what the server said on the way."""
    said = []
    if answer is None:
        answer = b"\x01" if mech == "OAUTHBEARER" else b""
    with smtplib.SMTP(MAIL, port, timeout=30) as s:
        s.starttls(context=context())
        s.ehlo()
        initial = base64.b64encode(first).decode()
        if len(initial) < 1900:     # RFC 4954 section 4
            code, text = s.docmd("AUTH", f"{mech} {initial}")
        else:
            code, text = s.docmd("AUTH", mech)
            code, text = s.docmd(initial)
        while code == 334:
            said.append(base64.b64decode(text))
            code, text = s.docmd(base64.b64encode(answer).decode())
    return Login(code == 235, text.decode(errors="replace"), code, 0, said)


def smtplib_(token: str, user: str, mech: str) -> Login:
    return smtp_raw(mech, message(mech, token, user))


def imap_raw(mech: str, first: bytes, answer: bytes | None = None,
             port: int = 143) -> Login:
    said = []
    if answer is None:
        answer = b"\x01" if mech == "OAUTHBEARER" else b""

    def respond(challenge: bytes) -> bytes:
        said.append(challenge)
        return first if len(said) == 1 else answer

    with imaplib.IMAP4(MAIL, port, timeout=30) as c:
        c.starttls(context())
        try:
            kind, data = c.authenticate(mech, respond)
        except imaplib.IMAP4.error as e:
            return Login(False, str(e), 1, 0, said[1:])
        who = c.list()[1] if kind == "OK" else data
    return Login(kind == "OK", str(who), 0, 0, said[1:])


def imaplib_(token: str, user: str, mech: str) -> Login:
    return imap_raw(mech, message(mech, token, user))


def imap_plain(user: str, password: str) -> Login:
    """LOGIN at Dovecot: the token is the password."""
    with imaplib.IMAP4(MAIL, 1143, timeout=30) as c:
        c.starttls(context())
        try:
            return Login(c.login(user, password)[0] == "OK", "", 0)
        except imaplib.IMAP4.error as e:
            return Login(False, str(e), 1)


def ldapwhoami(token: str, user: str, _: str = "", url: str = LDAP_URL,
               tls: bool = True) -> Login:
    return stage.ldap(token, user, tls=tls, url=url)


def ldapwhoami_ldapi(token: str, user: str, _: str) -> Login:
    return ldapwhoami(token, user, url=LDAPI_URL, tls=False)


PYTHON_LDAP = """
import ldap, ldap.sasl, sys
url, ca, user, token = sys.stdin.read().split("\\n")
l = ldap.initialize(url)
l.set_option(ldap.OPT_X_TLS_CACERTFILE, ca)
l.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
l.set_option(ldap.OPT_X_SASL_NOCANON, 1)
l.set_option(ldap.OPT_X_SASL_SECPROPS, "none")
l.start_tls_s()
try:
    l.sasl_interactive_bind_s("", ldap.sasl.sasl(
        {ldap.sasl.CB_USER: user, ldap.sasl.CB_PASS: token}, "OAUTHBEARER"))
except ldap.LDAPError as e:
    print(e)
    sys.exit(e.args[0].get("result", 1))
print(l.whoami_s())
"""


def python_ldap(token: str, user: str, _: str) -> Login:
    return run([sys.executable, "-c", PYTHON_LDAP],
               f"{LDAP_URL}\n{CA}\n{user}\n{token}",
               {"SASL_PATH": str(client_plugins())})


# --- LDAP's own bytes (RFC 4511 sections 4.2 and 4.2.2) ------------------------

def ber(tag: int, content: bytes) -> bytes:
    n = len(content)
    if n < 128:
        return bytes([tag, n]) + content
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def take(data: bytes) -> tuple[int, bytes, bytes]:
    """Tag, content, and what comes behind it."""
    n, at = data[1], 2
    if n & 0x80:
        at = 2 + (n & 0x7F)
        n = int.from_bytes(data[2:at], "big")
    return data[0], data[at:at + n], data[at + n:]


def bind(s: socket.socket, number: int, mech: str, credentials: bytes):
    """The result's code, and the server's credentials or None."""
    sasl = ber(0xA3, ber(4, mech.encode()) + ber(4, credentials))
    s.sendall(ber(0x30, ber(2, bytes([number])) + ber(
        0x60, ber(2, b"\3") + ber(4, b"") + sasl)))
    _, content, _ = take(s.recv(65536))
    _, _, content = take(content)
    tag, content, _ = take(content)
    assert tag == 0x61
    _, code, content = take(content)
    creds = None
    while content:
        tag, value, content = take(content)
        if tag == 0x87:
            creds = value
    return int.from_bytes(code, "big"), creds


def ldap_raw(mech: str, first: bytes, answer: bytes = b"\x01") -> Login:
    """A bind on ldapi, byte by byte."""
    said, number = [], 1
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect("/run/r/i")
        code, creds = bind(s, number, mech, first)
        while code == 14:
            said.append(creds or b"")
            number += 1
            code, creds = bind(s, number, mech, answer)
    return Login(code == 0, "", code, 0, said)


# --- sasl-sample-server(8) ------------------------------------------------------

def sample(token: str, user: str, mech: str) -> Login:
    """In Postfix' name; a line each of base64, on its standard streams."""
    lines = "".join(f"C: {base64.b64encode(x).decode()}\n" for x in (
        mech.encode() + b"\0" + message(mech, token, user),
        b"\x01" if mech == "OAUTHBEARER" else b""))
    r = run(stage.as_user("postfix", [
        "sasl-sample-server", "-s", "smtp", "-p",
        f"/usr/lib/{stage.TRIPLET}/sasl2", "-m", mech]), lines)
    r.ok = "Negotiation complete" in r.text
    r.prompts = challenges(r)
    return r


def challenges(r: Login) -> list[bytes]:
    """What the client was told of its failure, as far as it shows it."""
    return r.prompts or [base64.b64decode(x) for x in re.findall(
        r"\b(eyJ[0-9A-Za-z+/]+=*)", r.text)]
