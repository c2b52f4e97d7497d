# SPDX-License-Identifier: BSD-2-Clause
"""Servers, clients and configuration for whoever plays on the stage.

Runs as root inside tests/lib/stage.sh, where stock servers find their stock
files, and where nothing outlives us.
"""
import base64
import contextlib
import http.client
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import pexpect

import idp_client
import mint
import rogue
import wire

SRC = Path(os.environ.get("SRC", Path(__file__).resolve().parents[2]))
TREE = SRC / "build/tree"
LOGS = SRC / "build/log/stage"
RUN = Path("/run/stage")
TLS = RUN / "tls"
SYSLOG = LOGS / "syslog"
TRIPLET = subprocess.run(["gcc", "-print-multiarch"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout.strip()

ISSUER = "https://id.example.test"
OTHER = "https://other.example.test:4443"
OWN = "https://own.example.test"        # a fixed key set whose key is ours
DOWN = "https://id.example.test:9"      # nobody listens there
AUDIENCES = ["urn:stage:" + x for x in (
    "rs256", "ps256", "es256", "eddsa", "long", "huge", "brief", "rich")]

CONFIG = Path("/etc/bearerauth/bearerauth.conf")
STORE = Path("/var/lib/bearerauth")
ASK = Path("/run/bearerauth/ask")
CONTROL = Path("/run/bearerauth/control")
CHROOT_ASK = Path("/var/spool/postfix/run/bearerauth/ask")
BROKER = "/usr/libexec/bearerauthd"
HELPER = "/usr/libexec/bearerauth-fetch"

# A login's environment; tests add to it.
ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
       "LANG": "C.UTF-8", "TERM": "dumb"}


def wait_for(what: str, condition, seconds: float = 10):
    """What condition returned, as soon as it is true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.01)


def port_open(port: int) -> bool:
    with contextlib.closing(socket.socket()) as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def interruptible() -> None:
    """Before a program is run: a shell that runs us in the background has
    SIGINT ignored by all."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def running(program: str) -> list[int]:
    """The processes of this program."""
    found = []
    for p in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(p / "exe") == program:
                found.append(int(p.name))
        except OSError:
            pass
    return found


def as_user(user: str, argv: list[str]) -> list[str]:
    """The same command, run by somebody else."""
    return ["setpriv", "--reuid", user, "--regid", user, "--init-groups",
            "--", *argv]


class Server:
    """A process that is started, waited for, and ended by its id."""

    def __init__(self, name: str, argv: list[str], ready, env=None,
                 cwd="/"):
        self.name = name
        self.log = LOGS / f"{name}.log"
        with open(self.log, "ab") as out:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=cwd, env={**ENV, **(env or {})})

        def up() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"{name} ended with "
                                   f"{self.process.returncode}:\n"
                                   f"{self.tail()}")
            return ready()
        try:
            wait_for(name, up, 20)
        except BaseException:
            self.stop(signal.SIGKILL)
            raise

    @property
    def pid(self) -> int:
        return self.process.pid

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace")
                         .splitlines()[-20:])

    def send(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status."""
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# --- certificates ---------------------------------------------------------

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def make_tls() -> None:
    """A private CA, and one certificate for every server of the stage."""
    if (TLS / "server.pem").exists():
        return
    TLS.mkdir(parents=True)
    names = ["id", "other", "own", "glewlwyd", "login", "mail", "ldap"]
    (TLS / "ext").write_text(
        "subjectAltName=IP:127.0.0.1,DNS:localhost," +
        ",".join(f"DNS:{n}.example.test" for n in names) +
        "\nextendedKeyUsage=serverAuth\n")
    mint.openssl("req", "-x509", *EC, "-keyout", f"{TLS}/ca.key", "-out",
                 f"{TLS}/ca.pem", "-subj", "/CN=CA of the stage",
                 "-days", "2")
    mint.openssl("req", *EC, "-keyout", f"{TLS}/server.key", "-out",
                 f"{TLS}/server.csr", "-subj", "/CN=id.example.test")
    mint.openssl("x509", "-req", "-in", f"{TLS}/server.csr", "-CA",
                 f"{TLS}/ca.pem", "-CAkey", f"{TLS}/ca.key",
                 "-CAcreateserial", "-days", "2", "-extfile", f"{TLS}/ext",
                 "-out", f"{TLS}/server.pem")
    # slapd reads it as its own user.
    shutil.chown(TLS / "server.key", group="openldap")
    (TLS / "server.key").chmod(0o640)


# --- the identity provider ------------------------------------------------

def node() -> str:
    return subprocess.run(
        ["bash", "-c", '. "$0" && find_node', f"{SRC}/tests/lib/common.sh"],
        check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


class Provider(Server):
    """A real OpenID provider; see idp/op.mjs."""

    def __init__(self, issuer: str, port: int, tls_port: int | None = None,
                 generation: int = 1, clients: list | None = None):
        make_tls()
        self.issuer = issuer
        self.dir = RUN / f"provider-{port}"
        self.dir.mkdir(parents=True, exist_ok=True)
        (self.dir / "clients.json").write_text(
            mint.json.dumps(clients or []))
        super().__init__(
            f"provider-{port}",
            [node(), f"{SRC}/tests/e2e/idp/op.mjs", issuer, str(port),
             f"{TLS}/server.key", f"{TLS}/server.pem", str(self.dir),
             f"{TLS}/ca.pem", str(tls_port or ""), str(generation)],
            lambda: port_open(tls_port or port))
        self.tokens: dict = {}

    def key(self, alg: str = "RS256") -> str:
        """The file with its private key."""
        return str(self.dir / f"{alg}.pem")

    def token(self, user: str, audience: str = "urn:stage:rs256",
              scope: str = "login mail directory", fresh: bool = False):
        """A token of this user; the same one again, unless fresh."""
        name = (user, audience, scope)
        if fresh or name not in self.tokens:
            self.tokens[name] = idp_client.get_token(
                self.issuer, f"{TLS}/ca.pem", user, audience, scope)
        return self.tokens[name]

    def id_token(self, user: str) -> str:
        """What tells the client who its user is, and is for nobody else."""
        return idp_client.get_tokens(self.issuer, f"{TLS}/ca.pem", user,
                                     "urn:stage:rs256")["id_token"]

    def revoke(self, token: str) -> None:
        """As the client that it was given to (RFC 7009)."""
        idp_client.Browser(f"{TLS}/ca.pem").open(
            self.issuer + "/token/revocation",
            {"client_id": idp_client.CLIENT, "token": token})
        self.tokens = {k: v for k, v in self.tokens.items() if v != token}

    def requests(self) -> list[str]:
        """Paths that somebody other than the tests' own client asked for."""
        path = self.dir / "requests"
        lines = path.read_text().splitlines() if path.exists() else []
        return [x.split()[1] for x in lines
                if x.split()[2] not in (idp_client.AGENT, "-probe-")]

    def forget_requests(self) -> None:
        (self.dir / "requests").write_text("")


class Rogue(Server):
    """A provider that misbehaves as told; see rogue.py."""
    port = 9400

    def __init__(self):
        make_tls()
        self.dir = RUN / "rogue"
        self.dir.mkdir(parents=True, exist_ok=True)
        for kid in ("rogue-1", "rogue-2", "rogue-3"):
            mint.make_rsa(str(self.dir / f"{kid}.pem"))
        for kind in rogue.LISTENERS:
            self.make_certificate(kind)
        super().__init__("rogue", [sys.executable, f"{SRC}/tests/e2e/rogue.py",
                                   str(self.dir), str(self.port)],
                         lambda: port_open(self.port))

    def make_certificate(self, kind: str) -> None:
        base = self.dir / f"tls-{kind}"
        names = "DNS:elsewhere.example.test" if kind == "name" else (
            "IP:127.0.0.1,DNS:localhost")
        Path(f"{base}.ext").write_text(f"subjectAltName={names}\n"
                                       "extendedKeyUsage=serverAuth\n")
        ca = TLS / "ca"
        if kind == "ca":
            ca = self.dir / "stranger"
            mint.openssl("req", "-x509", *EC, "-keyout", f"{ca}.key", "-out",
                         f"{ca}.pem", "-subj", "/CN=another CA",
                         "-days", "2")
        mint.openssl("req", *EC, "-keyout", f"{base}.key", "-out",
                     f"{base}.csr", "-subj", "/CN=rogue")
        mint.openssl("x509", "-req", "-in", f"{base}.csr", "-CA",
                     f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
                     "-days", "-1" if kind == "expired" else "2", "-extfile",
                     f"{base}.ext", "-out", f"{base}.pem")

    def issuer(self, path: str = "keys/good", listener: str = "good") -> str:
        """The URL of the one that behaves like this."""
        index = rogue.CLOSED if listener == "closed" else (
            rogue.LISTENERS.index(listener))
        return f"https://127.0.0.1:{self.port + index}/{path}"

    def token(self, issuer: str, user: str = "alice",
              kid: str = "rogue-1", key: str | None = None, **more) -> str:
        """A JWT of this issuer."""
        claims = mint.claims_for(issuer, user, "urn:stage:rs256", **more)
        return mint.sign({"alg": "RS256", "typ": "at+jwt", "kid": kid},
                         {k: v for k, v in claims.items() if v is not None},
                         key or str(self.dir / f"{kid}.pem"))

    @staticmethod
    def opaque(issuer: str, user: str = "alice", **more) -> str:
        """A text that only this issuer can tell something of."""
        claims = mint.claims_for(issuer, user, "urn:stage:rs256", **more)
        return mint.b64(mint.json.dumps(
            {k: v for k, v in claims.items() if v is not None}).encode())

    def control(self, what: str, value=None):
        context = ssl.create_default_context(cafile=f"{TLS}/ca.pem")
        c = http.client.HTTPSConnection("127.0.0.1", self.port,
                                        context=context, timeout=10)
        with contextlib.closing(c):
            c.request("POST", f"/-/{what}", mint.json.dumps(value))
            return mint.json.loads(c.getresponse().read())

    def set(self, issuer: str, **values) -> None:
        """From now on: metadata, keys, introspection = BEHAVIOUR; kids, cache
        (Cache-Control), expires (seconds), etag, delay (seconds)."""
        self.control("set", {urllib.parse.urlsplit(issuer).path: values})

    def requests(self, issuer: str | None = None,
                 endpoint: str | None = None) -> list[dict]:
        path = issuer and urllib.parse.urlsplit(issuer).path
        return [r for r in self.control("requests")
                if path in (None, r["issuer"]) and
                endpoint in (None, r["endpoint"])]

    def count(self, issuer: str) -> dict[str, int]:
        """How often each endpoint of this issuer was asked."""
        found = [r["endpoint"] for r in self.requests(issuer)]
        return {x: found.count(x) for x in
                ("metadata", "keys", "introspection")}

    def forget(self) -> None:
        self.control("forget")


class OwnIssuer:
    """An issuer by jwks_file; the key is ours, so we sign what we like."""
    issuer = OWN
    jwks = Path("/etc/bearerauth/own.jwks")

    def __init__(self):
        RUN.mkdir(parents=True, exist_ok=True)
        self.key = mint.make_rsa(str(RUN / "own.pem"))
        key = mint.rsa_jwk(self.key, kid="own-1", alg="RS256", use="sig")
        self.short_key = mint.make_key("ES256", str(RUN / "own-es.pem"))
        short = mint.jwk("ES256", self.short_key, kid="2")
        self.jwks.write_text(mint.json.dumps({"keys": [key, short]}))

    def token(self, user: str, audience: str = "urn:stage:rs256", **more):
        """Good, but for more, by which None takes a claim away."""
        return self.sign(mint.claims_for(self.issuer, user, audience, **more))

    def sized(self, user: str, size: int) -> str:
        """Of so many characters, 400 and more, or of one less: no base64url
        text is as long as a multiple of 4 and 1."""
        header = {"alg": "ES256", "typ": "at+jwt", "kid": "2"}
        claims = mint.claims_for(self.issuer, user, "urn:stage:rs256",
                                 scope="mail directory", sub="s", jti="1",
                                 client_id="c")
        rest = len(mint.join(header, {})) - len(mint.b64(b"{}"))
        room = (size - rest - len(".") - 86) * 3 // 4
        claims["pad"] = ""
        claims["pad"] = "1" * (room - len(mint.json.dumps(
            claims, separators=(",", ":"))))
        token = mint.sign(header, claims, self.short_key)
        assert size - 1 <= len(token) <= size, len(token)
        return token

    def sign(self, claims: dict, **header) -> str:
        """Header members and claims that are None are left out."""
        header = {"alg": "RS256", "typ": "at+jwt", "kid": "own-1", **header}
        return mint.sign({k: v for k, v in header.items() if v is not None},
                         {k: v for k, v in claims.items() if v is not None},
                         self.key)


# --- configuration --------------------------------------------------------

def section(title: str, values: dict) -> str:
    return f"[{title}]\n" + "".join(
        f"{k} = {v}\n" for k, v in values.items()) + "\n"


def default_services() -> dict:
    every = {"issuer": f"{ISSUER} {OTHER} {OWN} {DOWN}"}
    local = {**every, "require_scope": "login"}
    return {
        "sshd": local, "su": local, "sudo": local, "stage": local,
        "brief": local,
        "smtp": {**every, "require_scope": "mail", "peer": "postfix",
                 "accounts": "virtual"},
        "ldap": {**every, "require_scope": "directory", "peer": "openldap",
                 "accounts": "virtual"},
    }


def write_config(services: dict | None = None, issuers: dict | None = None,
                 extra: str = "", listen: bool = True) -> None:
    """bearerauth.conf: the defaults above, with changes; an issuer's key that
    is None is left out."""
    known = {ISSUER: {}, OTHER: {}, DOWN: {},
             OWN: {"jwks_file": OwnIssuer.jwks}}
    text = ""
    for url, values in {**known, **(issuers or {})}.items():
        every = {"audience": " ".join(AUDIENCES), "clock_skew": 5,
                 "username": "preferred_username",
                 "ca_file": f"{TLS}/ca.pem", **values}
        text += section(f"issuer {url}", {
            k: v for k, v in every.items() if v is not None})
    for name, values in {**default_services(), **(services or {})}.items():
        if values is not None:
            text += section(f"service {name}", values)
    if listen:
        text += section(f"listen {CHROOT_ASK}",
                        {"group": "postfix", "mode": "0660"})
    install_config(text + extra)


def install_config(text: str) -> None:
    install_private(CONFIG, text)
    CHROOT_ASK.parent.mkdir(parents=True, exist_ok=True)


def install_private(path: Path, text: str) -> Path:
    """A file that root writes and the broker reads, and nobody else."""
    path.write_text(text)
    shutil.chown(path, "root", "bearerauth")
    path.chmod(0o640)
    return path


def forget_store() -> None:
    """As on the first day."""
    for path in STORE.iterdir():
        path.unlink()


class Broker(Server):
    """bearerauthd as a service, started by root."""

    def __init__(self, *args: str, env=None):
        remove_sockets()
        super().__init__("bearerauthd", [BROKER, "--log", "syslog", *args],
                         self.ready, env)

    @staticmethod
    def ready() -> bool:
        """Not only listening: a signal would find no handler yet.  Whoever
        answers has one.  (Its line in the log may be lost in a crowd.)"""
        try:
            with wire.Conversation(str(CONTROL), 1) as c:
                c.send(wire.CONTROL, command="status")
                return c.receive()[0] == wire.CONTROL_REPLY and ASK.exists()
        except (OSError, EOFError):
            return False

    def __exit__(self, *_):
        self.stop()
        remove_sockets()


class Clock:
    """Another time for the service, and for it alone: Broker(env=clock.env).

    By libfaketime(1); the service forgets its environment, and so the time is
    told by the file that needs none."""
    path = Path("/etc/faketimerc")
    env = {"LD_PRELOAD": f"/usr/lib/{TRIPLET}/faketime/libfaketime.so.1",
           "FAKETIME_NO_CACHE": "1"}

    def __init__(self):
        self.ahead = 0
        self.set(0)

    def set(self, seconds: float, rate: int = 1) -> None:
        """So far ahead of the machine's; rate: so much faster, from now."""
        self.ahead = seconds
        text = f"{seconds:+f}" + (f" x{rate}" if rate != 1 else "")
        new = self.path.with_suffix(".new")
        new.write_text(text + "\n")
        new.chmod(0o644)
        new.rename(self.path)

    def pass_by(self, seconds: float) -> None:
        self.set(self.ahead + seconds)


def reload() -> None:
    """Have the service read its configuration again, and wait for it."""
    subprocess.run(["bearerauth", "reload"], check=True,
                   stdout=subprocess.DEVNULL)


def remove_sockets() -> None:
    """No service is installed: the sign for programs of root to spawn."""
    for path in (ASK, CONTROL, CHROOT_ASK):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


# --- the servers whose logins we want -------------------------------------

PAM_STACK = """\
auth     required  pam_oauth2.so opaque {auth}
account  required  pam_oauth2.so {account}
account  required  pam_unix.so
session  required  pam_unix.so
session  required  pam_oauth2.so
"""


def write_pam(service: str, auth: str = "", account: str = "",
              before: str = "") -> None:
    """/etc/pam.d/SERVICE."""
    Path(f"/etc/pam.d/{service}").write_text(
        before + PAM_STACK.format(auth=auth, account=account))


def set_up_pam() -> None:
    """sshd as Debian ships it, but for its auth and account lines."""
    stock = Path("/etc/pam.d/sshd").read_text()
    if "pam_oauth2" not in stock:
        stock = stock.replace("@include common-auth",
                              "auth required pam_oauth2.so opaque")
        stock = stock.replace("@include common-account",
                              "account required pam_oauth2.so\n"
                              "account required pam_unix.so")
        Path("/etc/pam.d/sshd").write_text(
            stock + "session required pam_oauth2.so\n")
    for name in ("su", "sudo", "stage"):
        write_pam(name)
    sudoers = Path("/etc/sudoers.d/stage")
    sudoers.write_text("alice ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n")
    sudoers.chmod(0o440)


def start_sshd(*options: str, port: int = 22,
               program: str = "/usr/sbin/sshd", env=None) -> Server:
    """Its PAM service is the name that program has."""
    home = RUN / "ssh"
    home.mkdir(parents=True, exist_ok=True)
    key = home / "host_key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        str(key)], check=True)
        (home / "known_hosts").write_text(
            "login.example.test " + (home / "host_key.pub").read_text())
    config = home / f"sshd_config-{port}"
    config.write_text("\n".join([   # the first of two counts
        *options, f"ListenAddress 127.0.0.1:{port}", f"HostKey {key}",
        "UsePAM yes", "KbdInteractiveAuthentication yes",
        "PasswordAuthentication no", "PidFile none", "LogLevel VERBOSE",
        "MaxStartups 100", "PrintMotd no"]) + "\n")
    return Server("sshd" if port == 22 else f"sshd-{port}",
                  [program, "-D", "-e", "-f", str(config)],
                  lambda: port_open(port), env)


SLAPD_CONF = f"""\
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {RUN}/slapd/pid
sasl-host ldap.example.test
TLSCACertificateFile {TLS}/ca.pem
TLSCertificateFile {TLS}/server.pem
TLSCertificateKeyFile {TLS}/server.key
authz-regexp "uid=([^,]*),cn=oauthbearer,cn=auth" "uid=$1,ou=people,dc=example,dc=test"
database mdb
suffix "dc=example,dc=test"
directory {RUN}/slapd/db
"""


def start_slapd() -> Server:
    """slapd as user openldap, as on Debian; TLS, and ldapi."""
    db = RUN / "slapd/db"
    db.mkdir(parents=True)
    run = Path("/run/slapd")        # for ldapi
    run.mkdir(exist_ok=True)
    for path in (db, db.parent, run):
        shutil.chown(path, "openldap", "openldap")
    (RUN / "slapd.conf").write_text(SLAPD_CONF)
    Path("/etc/ldap/sasl2").mkdir(exist_ok=True)
    Path("/etc/ldap/sasl2/slapd.conf").write_text("mech_list: OAUTHBEARER\n")
    return Server("slapd", [
        "/usr/sbin/slapd", "-u", "openldap", "-g", "openldap", "-f",
        f"{RUN}/slapd.conf", "-h", "ldap://127.0.0.1 ldapi:///", "-d", "0"],
        lambda: port_open(389))


MAIN_CF = f"""\
compatibility_level = 3.6
myhostname = mail.example.test
mydestination = localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
local_transport = discard:
default_transport = discard:
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_sasl_auth_enable = yes
smtpd_sasl_security_options = noanonymous, noplaintext
smtpd_sasl_tls_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_tls_security_level = may
smtpd_tls_cert_file = {TLS}/server.pem
smtpd_tls_key_file = {TLS}/server.key
"""


class Postfix:
    """Postfix with Debian's own master.cf: its smtpd is chrooted."""
    port = 25

    def __init__(self):
        etc = Path("/etc/postfix")
        (etc / "main.cf").write_text(MAIN_CF)
        shutil.copy("/usr/share/postfix/master.cf.dist", etc / "master.cf")
        (etc / "sasl").mkdir(exist_ok=True)
        (etc / "sasl/smtpd.conf").write_text("mech_list: OAUTHBEARER\n")
        # As Debian's start script does for the chroot.
        chroot = Path("/var/spool/postfix/etc")
        chroot.mkdir(exist_ok=True)
        for name in ("hosts", "services", "nsswitch.conf", "resolv.conf",
                     "host.conf", "localtime"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copyfile(f"/etc/{name}", chroot / name)
        subprocess.run(["postfix", "start"], check=True, env=ENV,
                       stdin=subprocess.DEVNULL,
                       stdout=open(LOGS / "postfix.log", "ab"),
                       stderr=subprocess.STDOUT)
        wait_for("postfix", lambda: port_open(self.port))

    def stop(self) -> None:
        pid = int(Path("/var/spool/postfix/pid/master.pid").read_text())
        os.kill(pid, signal.SIGTERM)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# --- logging in -----------------------------------------------------------

@dataclass
class Login:
    """How a login ended."""
    ok: bool
    text: str                   # what the user saw
    code: int = 0               # exit status, or the protocol's code
    seconds: float = 0
    prompts: list = field(default_factory=list)


def pieces(token: str, size: int) -> list[str]:
    return [token[i:i + size] for i in range(0, len(token), size)]


PROMPT = (r"[^\r\n]*(?:OAuth token"
          r"(?:, part \d+|, or Enter to use a web browser)?: |"
          r"[Pp]assword: |\(yes/no\) )$")
ACCEPTED = "logged in as "


def dialogue(argv: list[str], answers: list[str], env: dict | None = None,
             timeout: float = 30) -> Login:
    """Run argv on a terminal; answer prompt after prompt, then with nothing.

    The command is expected to print ACCEPTED and the user's name.
    """
    start = time.monotonic()
    child = pexpect.spawn(argv[0], argv[1:], env={**ENV, **(env or {})},
                          timeout=timeout, encoding="utf-8",
                          codec_errors="replace", cwd="/")
    child.delaybeforesend = None
    left, prompts, text = list(answers), [], ""
    while child.expect([PROMPT, pexpect.EOF]) == 0:
        prompts.append(child.after)
        text += child.before + child.after + "\n"
        if len(prompts) > 200:
            child.close(force=True)
            raise RuntimeError("200 prompts and no end")
        child.sendline(left.pop(0) if left else "")
    text += child.before
    child.wait()
    child.ptyproc.delayafterclose = 0
    child.close()
    code = child.exitstatus if child.exitstatus is not None else 128
    return Login(ok=code == 0 and ACCEPTED in text, text=text, code=code,
                 seconds=time.monotonic() - start, prompts=prompts)


SAY_WHO = f'echo "{ACCEPTED}$(id -un)"'


def ssh_argv(user: str, *options: str, command: str = SAY_WHO) -> list[str]:
    # Of an option that stands twice ssh takes the first.
    return ["ssh", "-F", "none", *options, "-o",
            f"UserKnownHostsFile={RUN}/ssh/known_hosts", "-o",
            "PreferredAuthentications=keyboard-interactive", "-o",
            "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR",
            f"{user}@login.example.test", command]


def ssh(user: str, token: str, more: tuple = (), **kw) -> Login:
    """ssh on a terminal, with its 1023 characters a prompt."""
    return dialogue(as_user("carol", ssh_argv(user)),
                    [*pieces(token, 1023), *more], **kw)


def su(user: str, token: str, more: tuple = (), caller: str = "carol",
       **kw) -> Login:
    """su on a terminal, with its 4095 characters a prompt."""
    return dialogue(as_user(caller, ["su", user, "-s", "/bin/sh", "-c",
                                     SAY_WHO]),
                    [*pieces(token, 4095), *more], **kw)


def sudo(user: str, token: str, **kw) -> Login:
    """sudo by user to bob, with its 511 characters a prompt."""
    return dialogue(as_user(user, ["sudo", "-k", "-u", "bob", "/bin/sh", "-c",
                                   SAY_WHO]), pieces(token, 511), **kw)


def pam(service: str, user: str, token: str,
        what: tuple = ("authenticate", "acct_mgmt"), timeout: float = 30,
        env: dict | None = None, rhost: str | None = None) -> Login:
    """pamtester as root: any service, at the price of a small process."""
    start = time.monotonic()
    where = [] if rhost is None else ["-I", f"rhost={rhost}"]
    r = subprocess.run(["pamtester", *where, service, user, *what],
                       input=token + "\n", text=True, timeout=timeout,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       env={**ENV, **(env or {})}, check=False)
    return Login(r.returncode == 0, r.stdout, r.returncode,
                 time.monotonic() - start)


def ldap(token: str, authzid: str = "", tls: bool = True,
         url: str = "ldap://ldap.example.test",
         timeout: float = 30) -> Login:
    """ldapwhoami -Y OAUTHBEARER; code is LDAP's."""
    secret = RUN / f"token-{os.urandom(4).hex()}"
    secret.touch(0o600)
    secret.write_text(token)
    start = time.monotonic()
    argv = ["ldapwhoami", "-H", url, "-N", "-Y", "OAUTHBEARER", "-O", "none",
            "-y", str(secret), *(["-ZZ"] if tls else []),
            *(["-X", authzid] if authzid else [])]
    r = subprocess.run(argv, text=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=timeout, check=False, env={
                           **ENV, "LDAPTLS_CACERT": f"{TLS}/ca.pem",
                           "SASL_PATH": str(client_plugins())})
    secret.unlink()
    code = re.search(r"\((-?\d+)\)", r.stdout)
    return Login(r.returncode == 0, r.stdout,
                 0 if r.returncode == 0 else int(code.group(1) if code
                                                 else -99),
                 time.monotonic() - start)


def client_plugins() -> Path:
    """The client half of OAUTHBEARER, which only our clients see."""
    path = RUN / "sasl-client"
    if not path.exists():
        path.mkdir(parents=True)
        shutil.copy(TREE / "tests/e2e/.libs/sasl_client.so", path)
    return path


def oauthbearer(token: str, authzid: str = "") -> bytes:
    gs2 = f"n,{'a=' + authzid if authzid else ''},"
    return f"{gs2}\x01auth=Bearer {token}\x01\x01".encode()


def smtp(token: str, authzid: str = "", timeout: float = 30) -> Login:
    """AUTH OAUTHBEARER over STARTTLS; code is SMTP's."""
    start = time.monotonic()
    said = []
    with smtplib.SMTP("mail.example.test", Postfix.port,
                      timeout=timeout) as s:
        s.starttls(context=ssl.create_default_context(
            cafile=f"{TLS}/ca.pem"))
        s.ehlo()
        initial = base64.b64encode(oauthbearer(token, authzid)).decode()
        # RFC 4954 section 4: what does not fit the line comes after it.
        if len(initial) < 1900:
            code, text = s.docmd("AUTH", "OAUTHBEARER " + initial)
        else:
            code, text = s.docmd("AUTH", "OAUTHBEARER")
            code, text = s.docmd(initial)
        while code == 334:
            said.append(base64.b64decode(text).decode())
            code, text = s.docmd("AQ==")
    return Login(code == 235, text.decode(errors="replace"), code,
                 time.monotonic() - start, said)


def syslog_settle():
    """Until all that was sent to /dev/log before now is in the file: it takes
    one message after the other, so that one of ours comes behind them."""
    word = f"stage: mark {os.urandom(8).hex()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect("/dev/log")
        s.send(f"<46>{word}".encode())
    end = time.monotonic() + 10
    while word not in SYSLOG.read_text(encoding="utf-8", errors="replace"):
        if time.monotonic() > end:
            raise RuntimeError("the stage's syslog does not answer")
        time.sleep(0.01)


def syslog_since(mark: int) -> str:
    syslog_settle()
    with open(SYSLOG, encoding="utf-8") as f:
        f.seek(mark)
        return f.read()


def syslog_mark() -> int:
    return SYSLOG.stat().st_size if SYSLOG.exists() else 0


def die(text: str):
    print(text, file=sys.stderr)
    sys.exit(1)


def askpass_conf(user: str, text: str) -> Path:
    """The user's askpass.conf."""
    home = Path(f"/home/{user}")
    path = home / ".config/bearerauth/askpass.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    for x in (path, path.parent, path.parent.parent):
        shutil.chown(x, user, user)
    path.chmod(0o600)
    return path


def give_token(user: str, token: str) -> Path:
    """A token in a file that only its user can read."""
    path = Path(f"/home/{user}/token")
    path.touch(0o600)
    path.write_text(token + "\n")
    shutil.chown(path, user, user)
    return path


def ssh_askpass(user: str, caller: str = "carol",
                host: str = "login.example.test",
                timeout: float = 30) -> Login:
    """ssh without a terminal: bearerauth-askpass answers the prompts."""
    start = time.monotonic()
    argv = [x.replace("login.example.test", host) for x in ssh_argv(user)]
    r = subprocess.run(
        as_user(caller, argv), text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
        check=False, start_new_session=True, env={
            **ENV, "HOME": f"/home/{caller}",
            "SSH_ASKPASS": "/usr/bin/bearerauth-askpass",
            "SSH_ASKPASS_REQUIRE": "force"})
    return Login(r.returncode == 0 and ACCEPTED in r.stdout, r.stdout,
                 r.returncode, time.monotonic() - start)


def call_as(user: str, function, *args):
    """function(*args), in a process of this user; its result."""
    import multiprocessing
    import pwd

    def child(pipe):
        pw = pwd.getpwnam(user)
        os.setgroups([pw.pw_gid])
        os.setresgid(*[pw.pw_gid] * 3)
        os.setresuid(*[pw.pw_uid] * 3)
        try:
            pipe.send((function(*args), None))
        except Exception as e:      # pylint: disable=broad-except
            pipe.send((None, repr(e)))

    here, there = multiprocessing.Pipe()
    p = multiprocessing.get_context("fork").Process(target=child,
                                                    args=(there,))
    p.start()
    value, error = here.recv()
    p.join()
    if error:
        raise RuntimeError(f"as {user}: {error}")
    return value
