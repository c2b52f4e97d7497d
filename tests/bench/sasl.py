# SPDX-License-Identifier: BSD-2-Clause
"""Logins per second at real servers by OAUTHBEARER, against PLAIN there.

slapd, Postfix and Cyrus imapd as doc/SASL.md sets them up, and in addition
with PLAIN, by the passwords that each looks up itself: slapd in its own
entries, the others in sasldb.  logins.c asks, the kinds in turn, round by
round; a ratio is that of one round.  No TLS, which would make all kinds alike.

seen: one token again and again; fresh: each token once.  errors: of all
rounds together, and each of them ends the benchmark with exit 1.  memory: by
how much slapd has grown after 100,000 binds with fresh tokens.
"""
import base64
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import mint         # noqa: E402
import sasl_hosts as h      # noqa: E402
import stage        # noqa: E402

ROUNDS, SECONDS = 10, 3.0   # 30 s of each kind
CLIENTS = 64
BINDS = 100_000
TREE = Path(sys.argv[1])
PASSWORD = "secret-alice"

# doc/SASL.md forbids it outside of TLS, and its names lead nowhere.
PLAIN_IN_SLAPD = ('authz-regexp "uid=([^,]*),cn=plain,cn=auth" '
                  '"uid=$1,ou=people,dc=example,dc=test"\n')


class Mint:
    """Tokens of the issuer whose key is ours."""

    def __init__(self):
        self.own = stage.OwnIssuer()
        self.made = 0

    def fresh(self, n: int) -> list[str]:
        now = int(time.time())
        claims = mint.claims_for(stage.OWN, "alice", "urn:stage:rs256",
                                 iat=now, exp=now + 3600)
        claims["jti"] = f"bench-{self.made}-%"
        self.made += 1
        return subprocess.run(
            [TREE / "tests/bench/tokens", self.own.key, str(n),
             json.dumps({"alg": "RS256", "typ": "at+jwt", "kid": "own-1"}),
             json.dumps(claims)], check=True, text=True,
            stdout=subprocess.PIPE).stdout.split()


# --- what is said ---------------------------------------------------------------

def ldap(choice: bytes, dn: str = "") -> str:
    """A BindRequest (RFC 4511 section 4.2)."""
    return h.ber(0x30, h.ber(2, b"\1") + h.ber(
        0x60, h.ber(2, b"\3") + h.ber(4, dn.encode()) + choice)).hex()


def ldap_sasl(mech: str, first: bytes) -> str:
    return ldap(h.ber(0xA3, h.ber(4, mech.encode()) + h.ber(4, first)))


def smtp(mech: str, first: bytes) -> str:
    return "\t".join((
        "220 ", "EHLO client.example.test", "250 ",
        f"AUTH {mech} {base64.b64encode(first).decode()}", "235 ",
        "QUIT", "221 "))


def imap(mech: str, first: bytes) -> str:
    return "\t".join((
        "* OK ",
        f"a AUTHENTICATE {mech} {base64.b64encode(first).decode()}", "a OK ",
        "b LOGOUT", "b OK "))


# --- measured -------------------------------------------------------------------

class Load:
    """What logins.c found, and all that went wrong so far."""
    errors = 0
    logins = 0

    def __init__(self, place: str):
        self.place = place

    def run(self, lines: list[str], seconds: float = 0, count: int = 0,
            clients: int = CLIENTS) -> float:
        """Logins per second."""
        out = subprocess.run(
            [TREE / "tests/bench/logins", self.place, str(clients),
             str(seconds), str(count)], input="\n".join(lines) + "\n",
            text=True, check=True, stdout=subprocess.PIPE).stdout
        good, bad, took, told = out.rstrip("\n").split("\t")
        if int(bad) > 0:
            print(f"sasl: {bad} errors at {self.place}: {told}",
                  file=sys.stderr)
        Load.errors += int(bad)
        Load.logins += int(good) + int(bad)
        return int(good) / float(took)


def report(name: str, rate: list[float], against: list[float] | None = None,
           goal: str = "") -> None:
    if against is None:
        low, _, high = statistics.quantiles(rate, n=4)
        print(f"{name}\t{statistics.median(rate):.0f}\t1/s\t-\t-\t"
              f"{low:.0f}-{high:.0f}", flush=True)
        return
    ratio = [a / b for a, b in zip(rate, against)]
    low, middle, high = statistics.quantiles(ratio, n=4)
    print(f"{name}\t{statistics.median(rate):.0f}\t1/s\t{middle:.2f}\t"
          f"PLAIN{goal}\t{low:.2f}-{high:.2f}", flush=True)


def compare(name: str, load: Load, say, tokens: Mint, n: int,
            more: dict | None = None) -> None:
    """n: how many fresh ones a round."""
    plain = say("PLAIN", f"\0alice\0{PASSWORD}".encode())
    seen = say("OAUTHBEARER", stage.oauthbearer(tokens.fresh(1)[0]))
    kinds = {**{k: [v] for k, v in (more or {}).items()},
             "plain": [plain], "seen": [seen]}
    rates: dict = {k: [] for k in (*kinds, "fresh")}
    for lines in kinds.values():        # warms all up
        load.run(lines, SECONDS / 3)
    for _ in range(ROUNDS):
        fresh = [say("OAUTHBEARER", stage.oauthbearer(t))
                 for t in tokens.fresh(n)]
        for kind, lines in kinds.items():
            rates[kind].append(load.run(lines, SECONDS))
        rates["fresh"].append(load.run(fresh, count=n))
    report(f"sasl-{name}-plain", rates["plain"])
    for kind in more or {}:
        report(f"sasl-{name}-{kind}", rates[kind], rates["plain"])
    report(f"sasl-{name}-seen", rates["seen"], rates["plain"], " (goal: 0.8)")
    report(f"sasl-{name}-fresh", rates["fresh"], rates["plain"],
           " (goal: 0.5)")


def private_kib(pid: int) -> int:
    """What no other process has."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"(?m)^Private_\w+: +(\d+) kB", text)))


def memory(load: Load, pid: int, tokens: Mint) -> None:
    lines = [ldap_sasl("OAUTHBEARER", stage.oauthbearer(t))
             for t in tokens.fresh(BINDS // 10)]
    load.run(lines, count=BINDS // 2)   # each thread's heap is there
    before = private_kib(pid)
    load.run(lines, count=BINDS)
    grown = private_kib(pid) - before
    print(f"sasl-slapd-memory\t{grown}\tKiB\t{grown / 64:.2f}\t"
          f"limit of 64 KiB for {BINDS} binds, of {before} before\t-",
          flush=True)


# --- servers --------------------------------------------------------------------

def sasldb(path: str, owner: str, realm: str) -> None:
    subprocess.run(["saslpasswd2", "-p", "-c", "-f", path, "-u", realm,
                    "alice"], check=True, text=True,
                   input=PASSWORD, env=stage.ENV)
    h.shutil.chown(path, owner)


def by_sasldb(before: str = "", path: str = "/etc/sasldb2") -> str:
    return "".join(f"{before}{line}\n" for line in (
        "pwcheck_method: auxprop", "auxprop_plugin: sasldb",
        f"sasldb_path: {path}"))


@contextlib.contextmanager
def slapd():
    with h.slapd(PLAIN_IN_SLAPD, "mech_list: PLAIN OAUTHBEARER\n") as server:
        yield server


@contextlib.contextmanager
def postfix():
    """Debian's smtpd is in a chroot, and so is its sasldb."""
    with stage.Postfix(), h.postfix():
        sasldb("/var/spool/postfix/etc/sasldb2", "postfix", h.MAIL)
        Path("/etc/postfix/sasl/smtpd.conf").write_text(
            "mech_list: PLAIN OAUTHBEARER\n" + by_sasldb())
        for change in ("smtpd_tls_auth_only=no",
                       "smtpd_client_connection_count_limit=0",
                       "smtpd_sasl_security_options=noanonymous",
                       f"smtpd_sasl_local_domain={h.MAIL}"):
            subprocess.run(["postconf", "-e", change], check=True,
                           env=stage.ENV)
        subprocess.run(["postfix", "reload"], check=True, env=stage.ENV,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield


@contextlib.contextmanager
def cyrus():
    with h.cyrus():
        sasldb("/etc/sasldb2", "cyrus", h.MAIL)
        conf = Path("/etc/imapd.conf")
        conf.write_text(re.sub(
            "allowplaintext: no", "allowplaintext: yes",
            conf.read_text().replace("OAUTHBEARER XOAUTH2",
                                     "PLAIN OAUTHBEARER")) +
            by_sasldb("sasl_"))
        yield


def main() -> int:
    os.makedirs(stage.RUN, exist_ok=True)
    stage.make_tls()
    tokens = Mint()
    stage.CHROOT_ASK.parent.mkdir(parents=True, exist_ok=True)
    h.configure("smtp", "ldap", "imap")
    with stage.Broker():
        with slapd() as server:
            load = Load("/run/r/i")
            compare("slapd", load, ldap_sasl, tokens, 2000, {
                "simple": ldap(h.ber(0x80, PASSWORD.encode()),
                               "uid=alice,ou=people,dc=example,dc=test")})
            memory(load, server.pid, tokens)
        with postfix():
            compare("postfix", Load("25"), smtp, tokens, 500)
        if h.CYRUS.exists():
            with cyrus():
                compare("cyrus", Load("143"), imap, tokens, 500)
    print(f"sasl-errors\t{Load.errors}\terrors\t-\t{Load.logins} logins\t-")
    return int(Load.errors > 0)


sys.exit(main())
