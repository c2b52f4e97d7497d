# SPDX-License-Identifier: BSD-2-Clause
"""The demonstration; see tests/demo.sh."""
import re
import sys
import textwrap
import time

import mint
import stage

GREEN, RED, BOLD, DIM, END = (
    ("\033[32m", "\033[31m", "\033[1m", "\033[2m", "\033[0m")
    if sys.stdout.isatty() else ("",) * 5)


CONFIG = f"""\
[issuer {stage.ISSUER}]
audience      = urn:stage:rs256 urn:stage:long urn:stage:brief
username      = preferred_username
ca_file       = {stage.TLS}/ca.pem
clock_skew    = 5

[service sshd]
issuer        = {stage.ISSUER}
require_scope = login

[service su]
issuer        = {stage.ISSUER}
require_scope = login

[service ldap]
issuer        = {stage.ISSUER}
require_scope = directory
peer          = openldap
accounts      = virtual

[service smtp]
issuer        = {stage.ISSUER}
require_scope = mail
peer          = postfix
accounts      = virtual

[listen {stage.CHROOT_ASK}]
group         = postfix
mode          = 0660
"""


class Demo:
    def __init__(self):
        self.step_number = 0
        self.broken = 0

    def step(self, title: str, why: str) -> None:
        self.step_number += 1
        print(f"\n{BOLD}{self.step_number}. {title}{END}")
        print(textwrap.indent(textwrap.fill(why, 74), "   "))

    def run(self, command: str) -> None:
        print(f"   {DIM}${END} {command}")

    def show(self, text: str, limit: int = 6) -> None:
        lines = text.splitlines()
        for line in lines[:limit]:
            print(f"     {line[:100]}".rstrip())
        if len(lines) > limit:
            print(f"     ... ({len(lines) - limit} more lines)")

    def hold(self, what: str, ok: bool) -> None:
        """What must be; the last word of the demonstration hangs on it."""
        mark = f"{GREEN}  ok{END}" if ok else f"{RED}FAIL{END}"
        print(f"{mark} {what}", flush=True)
        self.broken += not ok


def describe(name: str, token: str) -> None:
    header, claims = mint.parts(token)
    left = claims["exp"] - int(time.time())
    print(f"     {name}: {len(token)} characters, {header['alg']}, for "
          f"{claims['aud']}, good for {left} s")


def users_view(text: str) -> str:
    """What stood on the terminal, without the prompts' blank ends."""
    return re.sub(r"(?m)^\s*\n", "", text.replace("\r", ""))


def main() -> int:
    d = Demo()
    op = None

    d.step("A real identity provider",
           "npm's oidc-provider, over HTTPS, with a certificate of a private "
           "CA. It publishes where its keys are; nobody here has a shared "
           "secret with it.")
    stage.RUN.mkdir(parents=True)
    op = stage.Provider(stage.ISSUER, 443)
    where = stage.idp_client.Browser(f"{stage.TLS}/ca.pem").json(
        stage.ISSUER + "/.well-known/openid-configuration")
    d.run(f"curl {stage.ISSUER}/.well-known/openid-configuration")
    d.show(f"issuer   {where['issuer']}\njwks_uri {where['jwks_uri']}")
    d.hold("it answers as the issuer it says it is",
           where["issuer"] == stage.ISSUER)

    d.step("Tokens, as people get them",
           "Alice and Bob each approve a login in a browser (the device "
           "flow of RFC 8628; a script fills in the provider's pages). The "
           "tokens are JWTs by RFC 9068. They are not shown: whoever has "
           "one is its user.")
    brief = op.token("alice", "urn:stage:brief")
    alice = op.token("alice")
    long = op.token("alice", "urn:stage:long")
    bob = op.token("bob")
    describe("alice     ", alice)
    describe("alice long", long)
    describe("bob       ", bob)
    d.hold("the long one does not fit ssh's prompt of 1023 characters",
           len(long) > 1023)

    d.step("The broker, and the servers",
           "bearerauthd alone judges tokens, as user bearerauth. sshd and "
           "su ask it through pam_oauth2.so, slapd and Postfix through "
           "liboauthbearer.so. The servers are Debian's; Postfix keeps its "
           "chroot.")
    stage.install_config(CONFIG)
    stage.set_up_pam()
    d.run("head -9 /etc/bearerauth/bearerauth.conf")
    d.show("\n".join(CONFIG.splitlines()[:9]), 9)
    d.run("grep ^auth /etc/pam.d/sshd")
    d.show("\n".join(x for x in stage.Path("/etc/pam.d/sshd").read_text()
                     .splitlines() if x.startswith("auth")))
    d.run("cat /etc/postfix/sasl/smtpd.conf")
    d.show("mech_list: OAUTHBEARER")
    broker = stage.Broker()
    servers = [stage.start_sshd(), stage.start_slapd(), stage.Postfix()]
    d.hold("all of them run", True)
    op.forget_requests()

    d.step("ssh, with a token too long for it",
           "ssh cuts what is typed at its prompt after 1023 characters. So "
           "the module asks for the token in parts, and bearerauth-askpass "
           "gives ssh part after part, for hosts on Carol's list only.")
    path = stage.give_token("carol", long)
    conf = stage.askpass_conf("carol", "host       = login.example.test\n"
                              f"token_file = {path}\n")
    d.run(f"cat {conf}")
    d.show(conf.read_text())
    d.run("SSH_ASKPASS=/usr/bin/bearerauth-askpass "
          "SSH_ASKPASS_REQUIRE=force \\\n       ssh alice@login.example.test")
    r = stage.ssh_askpass("alice")
    d.show(users_view(r.text))
    d.hold(f"alice is logged in with {len(long)} characters", r.ok)

    d.step("su",
           "The same module in a setuid program, which runs with the "
           "caller's environment. The token goes in at the prompt.")
    d.run("su alice -c 'echo logged in as $(id -un)'        # as carol")
    r = stage.su("alice", alice)
    d.show(users_view(r.text))
    d.hold("alice is logged in", r.ok)

    d.step("LDAP", "SASL OAUTHBEARER (RFC 7628) over StartTLS.")
    d.run("ldapwhoami -H ldap://ldap.example.test -ZZ -Y OAUTHBEARER "
          "-y token")
    r = stage.ldap(alice)
    d.show(users_view(r.text))
    d.hold("slapd knows who she is", r.ok and "uid=alice," in r.text)

    d.step("SMTP",
           "The same mechanism in Postfix's smtpd, which sits in its chroot "
           "and reaches the broker by a socket there.")
    d.run("python3        # smtplib, STARTTLS to mail.example.test:25")
    r = stage.smtp(bob, authzid="bob")
    d.show(f"C: AUTH OAUTHBEARER (bob's token)\nS: {r.code} {r.text}")
    d.hold("bob may send mail", r.ok)

    d.step("A forged token",
           "Alice's token with another signature; then the same claims under "
           "\"alg\": \"none\", and signed with a key that comes along in the "
           "token. Every door stays shut, and the code says \"refused\".")
    stranger = mint.make_rsa(str(stage.RUN / "stranger.pem"))
    forged = mint.forgeries(alice, op.key(), stranger, stranger)
    for name in ("garbage-signature", "alg-none", "embedded-jwk"):
        codes = [stage.smtp(forged[name]).code, stage.ldap(forged[name]).code]
        doors = [stage.ssh("alice", forged[name]),
                 stage.su("alice", forged[name])]
        d.hold(f"{name}: SMTP {codes[0]}, LDAP {codes[1]}, ssh and su "
               "denied", codes == [535, 49] and not any(x.ok for x in doors))

    d.step("Another person's token",
           "Bob's token is good. It is not Alice's.")
    d.run("ssh alice@login.example.test                      # bob's token")
    r = stage.ssh("alice", bob)
    d.show(users_view(r.text))
    d.hold("bob is not alice", not r.ok)
    d.hold("bob is bob", stage.ssh("bob", bob).ok)

    d.step("An expired token",
           "A token of one second, from the beginning of this show. "
           "bearerauth check tells an administrator what the user is not "
           "told: every check, and which one failed.")
    exp = mint.parts(brief)[1]["exp"]
    stage.wait_for("the end of the token", lambda: time.time() > exp + 5, 15)
    r = stage.su("alice", brief)
    d.hold("su refuses it", not r.ok)
    d.run("bearerauth check --service su --user alice < token")
    r = stage.subprocess.run(
        ["bearerauth", "check", "--service", "su", "--user", "alice"],
        input=brief, text=True, stdout=stage.subprocess.PIPE, check=False)
    d.show("\n".join(x for x in r.stdout.splitlines()
                     if not x.startswith("-")), 20)
    d.hold("exit code 1: refused", r.returncode == 1)

    d.step("What all of this cost the provider",
           "The keys are fetched once and kept, for this broker and for the "
           "next.")
    d.show("\n".join("GET " + x for x in op.requests()))
    d.hold("two requests in all", len(op.requests()) == 2)

    for server in (*servers, broker, op):
        server.stop()
    if d.broken:
        print(f"\n{RED}{d.broken} of these did not hold.{END}")
        return 1
    print(f"\n{GREEN}All of it held.{END} Nothing is left running, and "
          "nothing was changed outside this folder\nbut the packages "
          "installed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
