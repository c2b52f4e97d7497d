# SPDX-License-Identifier: BSD-2-Clause
"""Programs that use PAM, as Debian ships them; each good login has its twin
that is refused, and how both end is said exactly."""
import imaplib
import re
import shutil
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

import stage
from stage import ACCEPTED, ENV, RUN, SAY_WHO, dialogue, pieces, ssh, su

PORT = 2222
AUTH_ERR = "Authentication failure"
PERM_DENIED = "Permission denied"


@pytest.fixture(scope="module", autouse=True)
def begun_anew(world):
    """What an earlier file has left, an asking that failed a moment ago say, is
    not of these."""
    stage.forget_store()
    stage.write_config()


@pytest.fixture(scope="module")
def open_sshd(world):
    """A second sshd, which takes passwords and says all that it knows."""
    with stage.start_sshd("PasswordAuthentication yes", "MaxAuthTries 6",
                          "LogLevel DEBUG3", "Subsystem sftp /usr/lib/openssh/sftp-server",
                          port=PORT) as server:
        yield server


def bad_tokens(world) -> dict:
    """Refused, and not allowed: what the broker says of each."""
    return {"SIGNATURE": world.forgeries["garbage-signature"],
            "USER_MISMATCH": world.op.token("bob")}


BAD = ["SIGNATURE", "USER_MISMATCH"]


def options(*more: str, port: int = 22) -> list[str]:
    """What ssh, scp and sftp have in common."""
    return ["-F", "none", *more, "-o", f"Port={port}", "-o",
            f"UserKnownHostsFile={RUN}/ssh/known_hosts", "-o",
            "HostKeyAlias=login.example.test", "-o",
            "PreferredAuthentications=keyboard-interactive", "-o",
            "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR"]


def client(argv: list[str], token: str, data: bytes = b"",
           out: int = subprocess.PIPE) -> subprocess.CompletedProcess:
    """A client of carol's, whose token bearerauth-askpass knows."""
    path = stage.give_token("carol", token)
    stage.askpass_conf("carol", "host = login.example.test\n"
                       f"token_file = {path}\n")
    return subprocess.run(
        stage.as_user("carol", argv), input=data, stdout=out, stderr=out,
        timeout=30, check=False, cwd="/home/carol", start_new_session=True,
        env={**ENV, "HOME": "/home/carol",
             "SSH_ASKPASS": "/usr/bin/bearerauth-askpass",
             "SSH_ASKPASS_REQUIRE": "force"})


TO_ALICE = "alice@login.example.test"
DENIED = (b"alice@login.example.test: Permission denied "
          b"(publickey,keyboard-interactive).")


# --- sshd --------------------------------------------------------------------

def test_ssh_by_keyboard_interactive(world, either, audit):
    r = ssh("alice", world.op.token("alice"))
    assert r.ok and r.code == 0, r.text
    assert len(r.prompts) == 1
    assert audit.one()["verdict"] == "accepted"


@pytest.mark.parametrize("error", BAD)
def test_ssh_by_keyboard_interactive_refuses(world, either, audit, error):
    r = ssh("alice", bad_tokens(world)[error])
    assert r.code == 255 and DENIED.decode() in r.text
    assert len(r.prompts) == 1
    assert audit.one()["error"] == error
    assert audit.lines("account") == []


def test_ssh_host_command_is_not_touched(world, service):
    """Bytes go in and come out as they are, and so does the exit status."""
    data = bytes(range(256)) * 400
    r = client(["ssh", *options(), TO_ALICE, "cat; exit 7"],
               world.op.token("alice"), data)
    assert (r.returncode, r.stdout, r.stderr) == (7, data, b"")
    r = client(["ssh", *options(), TO_ALICE, "cat; exit 7"],
               world.forgeries["garbage-signature"], data)
    assert (r.returncode, r.stdout) == (255, b"") and DENIED in r.stderr


def by_password(user: str, token: str):
    argv = stage.ssh_argv(user, "-p", str(PORT), "-o",
                          "HostKeyAlias=login.example.test", "-o",
                          "PreferredAuthentications=password")
    return dialogue(stage.as_user("carol", argv), [token])


def test_ssh_by_the_password_method(world, open_sshd, either, audit):
    """No prompt of ours is seen: sshd hands over what it has."""
    token = world.op.token("alice", "urn:stage:eddsa")
    assert len(token) < 1023
    r = by_password("alice", token)
    assert r.ok and r.code == 0, r.text
    assert len(r.prompts) == 1 and "password: " in r.prompts[0]
    assert audit.one()["verdict"] == "accepted"
    assert audit.one("account")["verdict"] == "accepted"


@pytest.mark.parametrize("error", BAD)
def test_ssh_by_the_password_method_refuses(world, open_sshd, either, audit,
                                            error):
    token = bad_tokens(world)[error]
    r = by_password("alice", token)
    assert r.code == 255
    assert "Permission denied (publickey,password,keyboard-interactive)" in (
        r.text)
    assert audit.one()["error"] == error


def test_a_unix_password_by_the_password_method_goes_nowhere_V47(
        world, open_sshd, service, audit):
    assert by_password("alice", "correct horse battery staple").code == 255
    assert audit.lines() == []


def test_a_cut_token_by_the_password_method_is_said(world, open_sshd, service,
                                                    audit):
    """ssh cuts at 1023 characters, and there is no second prompt."""
    token = world.op.token("alice", "urn:stage:long")
    assert by_password("alice", token).code == 255
    assert "may have been cut by the host at 1023 characters" in audit.text()


@pytest.mark.parametrize("tool", ["scp", "scp -O", "sftp"])
def test_files_are_copied(world, open_sshd, service, tool):
    data = Path("/usr/bin/env").read_bytes()
    there = Path("/home/alice/copied")
    here = Path("/home/carol/fetched")
    program, *more = tool.split()

    def copy(token):
        for path in (there, here):
            path.unlink(missing_ok=True)
        if program == "scp":
            up = client(["scp", *more, *options(port=PORT), "/usr/bin/env",
                         f"{TO_ALICE}:copied"], token)
            down = client(["scp", *more, *options(port=PORT), f"{TO_ALICE}:copied",
                           str(here)], token)
            return up.returncode, down.returncode, up.stderr
        batch = Path("/home/carol/batch")
        batch.write_text(f"put /usr/bin/env copied\nget copied {here}\n")
        # -b says BatchMode=yes, by which nobody may be asked.
        r = client(["sftp", *options("-o", "BatchMode=no", port=PORT), "-b", str(batch),
                    TO_ALICE], token)
        return r.returncode, r.returncode, r.stderr

    up, down, said = copy(world.op.token("alice"))
    assert (up, down) == (0, 0), said
    assert there.read_bytes() == here.read_bytes() == data
    assert there.owner() == "alice" and here.owner() == "carol"
    up, down, said = copy(world.forgeries["garbage-signature"])
    # The old protocol's client says 1 for whatever goes wrong.
    assert up == down == (1 if "-O" in more else 255)
    assert b"Permission denied (publickey," in said
    assert not there.exists() and not here.exists()


@pytest.fixture
def master(world, service):
    """A connection of carol's that others may use."""
    path = "/home/carol/master"
    argv = options("-o", f"ControlPath={path}")
    r = client(["ssh", *argv, "-M", "-f", "-N", TO_ALICE],
               world.op.token("alice"), out=subprocess.DEVNULL)
    assert r.returncode == 0
    yield argv
    client(["ssh", *argv, "-O", "exit", TO_ALICE], "none")


def subject(world) -> str:
    return stage.mint.parts(world.op.token("alice"))[1]["sub"]


def test_more_sessions_over_one_connection(world, master, audit):
    """The token is asked for once a connection, and so is account: sshd calls
    it when a user logs in, not when a session begins."""
    for n in range(2):
        r = client(["ssh", *master, TO_ALICE, SAY_WHO], "none")
        assert r.returncode == 0 and ACCEPTED.encode() + b"alice" in r.stdout
    assert audit.lines("ask") == [] and audit.lines("account") == []
    # Not even a block ends what was let in …
    subprocess.run(["bearerauth", "block", "--issuer", stage.ISSUER, "--sub",
                    subject(world)], check=True,
                   stdout=subprocess.DEVNULL)
    try:
        assert client(["ssh", *master, TO_ALICE, "true"], "none"
                      ).returncode == 0
        client(["ssh", *master, "-O", "exit", TO_ALICE], "none")
        # … but the next connection.
        r = client(["ssh", *master, TO_ALICE, SAY_WHO],
                   world.op.token("alice"))
        assert r.returncode == 255 and DENIED in r.stderr
        assert audit.lines()[-1]["error"] == "BLOCKED"
    finally:
        subprocess.run(["bearerauth", "unblock", "--issuer", stage.ISSUER,
                        "--sub", subject(world)], check=True,
                       stdout=subprocess.DEVNULL)
    r = client(["ssh", *master, "-o", "ControlMaster=no", TO_ALICE, SAY_WHO],
               world.op.token("alice"))
    assert r.returncode == 0, r.stderr


def test_no_token_no_master(world, service, audit):
    argv = options("-o", "ControlPath=/home/carol/master")
    r = client(["ssh", *argv, "-M", "-f", "-N", TO_ALICE],
               world.forgeries["garbage-signature"])
    assert r.returncode == 255
    assert not Path("/home/carol/master").exists()
    r = client(["ssh", *argv, TO_ALICE, SAY_WHO], "none")
    assert r.returncode == 255 and r.stdout == b""


def by_key(user: str) -> stage.Login:
    """A login by public key: carol's, which user trusts."""
    home = Path(f"/home/{user}/.ssh") if user != "root" else Path("/root/.ssh")
    key = RUN / "ssh/carols_key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        str(key)], check=True)
        shutil.chown(key, "carol")
    home.mkdir(mode=0o700, exist_ok=True)
    keys = home / "authorized_keys"
    public = Path(f"{key}.pub").read_text()
    if not keys.exists() or public not in keys.read_text():
        with open(keys, "a", encoding="utf-8") as f:
            f.write(public)
    for x in (home, keys):
        shutil.chown(x, user, user)
    return dialogue(stage.as_user("carol", stage.ssh_argv(
        user, "-o", "PreferredAuthentications=publickey", "-i", str(key))),
        [])


@pytest.mark.parametrize("user", ["alice", "root"])
@pytest.mark.parametrize("rule", ["allow", "deny", None])
def test_a_public_key_and_our_account_phase(world, either, audit, user, rule):
    """A denial is final; unsaid, the rule denies, and the log says what to
    write.  Root comes in by its key where the rule allows."""
    section = dict(stage.default_services()["sshd"])
    if rule:
        section["account_without_token"] = rule
    stage.write_config({"sshd": section})
    if either == "service":
        stage.reload()
    r = by_key(user)
    line = audit.one("account")
    # Of SSH_AUTH_INFO_0, where sshd says it: 9.2 has it empty in account, and
    # filled in for the session alone.
    assert line.get("way") in (None, "publickey")
    assert line["user"] == user
    if rule == "allow":
        assert r.ok and r.code == 0, r.text
        assert line["verdict"] == "accepted"
        return
    assert r.code == 255 and not r.prompts
    assert line["error"] == "NO_TOKEN"
    said = "account_without_token" in audit.text()
    assert said == (rule is None)


def test_a_public_key_of_a_network_that_is_not_allowed(world, service, audit):
    """account_without_token = allow, but from elsewhere."""
    section = {**stage.default_services()["sshd"],
               "account_without_token": "allow",
               "allow_network": "192.0.2.0/24"}
    stage.write_config({"sshd": section})
    stage.reload()
    assert by_key("alice").code == 255
    assert audit.one("account")["error"] == "SOURCE"
    stage.write_config({"sshd": {**section,
                                 "allow_network": "127.0.0.0/8"}})
    stage.reload()
    assert by_key("alice").ok


def test_a_storm_of_devices_asks_no_oftener_V40(world, open_sshd, service,
                                                audit):
    """CVE-2015-5600: a client names the same device a thousand times."""
    argv = ["ssh", *options("-o", "KbdInteractiveDevices=" +
                            ",".join(["pam"] * 1000), "-o",
                            "NumberOfPasswordPrompts=1000", port=PORT),
            TO_ALICE, SAY_WHO]
    r = client(argv, world.forgeries["garbage-signature"])
    assert r.returncode == 255 and b"Too many auth" in r.stderr
    assert 1 <= len(audit.lines()) <= 6
    argv[-3] = argv[-3].replace("pam,", "")
    assert client(argv, world.op.token("alice")).returncode == 0


def test_users_that_do_not_exist_look_alike_PM_03_V40(world, open_sshd,
                                                      service):
    """Prompts and texts, by both methods, one token and a token in parts."""
    for token in (world.forgeries["garbage-signature"],
                  world.op.token("bob"), world.op.token("bob",
                                                        "urn:stage:long")):
        seen = set()
        for user in ("alice", "nobody-here", "x" * 40):
            for login in (lambda: ssh(user, token),
                          lambda: by_password(user, token)):
                r = login()
                assert not r.ok
                seen.add((login.__code__.co_firstlineno, r.code,
                          re.sub(r"\d", "N", r.text.replace(user, "USER")),
                          len(r.prompts)))
        assert len(seen) <= 2, seen


# --- sudo --------------------------------------------------------------------

def sudo(*args: str, token: str = "", env: dict | None = None,
         typed: str | None = None) -> subprocess.CompletedProcess:
    """alice's sudo, without a terminal; -k, so that it asks each time."""
    stage.give_token("alice", token)
    return subprocess.run(
        stage.as_user("alice", ["sudo", "-k", *args]), input=typed, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30,
        check=False, cwd="/", start_new_session=True,
        **({"stdin": subprocess.DEVNULL} if typed is None else {}),
        env={**ENV, "HOME": "/home/alice", **(env or {})})


AS_BOB = ["-u", "bob", "--", "/bin/sh", "-c", SAY_WHO]
TRY_AGAIN = "sudo: 1 incorrect password attempt"
ASKPASS = """\
#!/bin/sh
# Whoever asks for part 3 is given the third 511 characters.
n=$(printf %s "$1" | sed -n 's/.*part \\([0-9]*\\).*/\\1/p')
cut -c$((511 * (${n:-1} - 1) + 1))-$((511 * ${n:-1})) /home/alice/token
"""


@pytest.fixture
def one_try():
    path = Path("/etc/sudoers.d/one_try")
    path.write_text("Defaults passwd_tries=1\n")
    path.chmod(0o440)
    yield
    path.unlink()


@pytest.fixture
def askpass():
    path = Path("/home/alice/askpass")
    path.write_text(ASKPASS)
    path.chmod(0o755)
    return {"SUDO_ASKPASS": str(path)}


def by_stdin(token: str):
    return sudo("-S", *AS_BOB, typed="".join(
        x + "\n" for x in [*pieces(token, 511), ""]))


def by_terminal(token: str):
    r = stage.sudo("alice", token)
    return subprocess.CompletedProcess([], r.code, r.text, r.text)


def by_askpass(token: str):
    return sudo("-A", *AS_BOB, token=token,
                env={"SUDO_ASKPASS": "/home/alice/askpass"})


SUDO = {"tty": by_terminal, "-S": by_stdin, "-A": by_askpass}


@pytest.mark.parametrize("way", SUDO)
def test_sudo(world, either, audit, one_try, askpass, way):
    r = SUDO[way](world.op.token("alice"))
    assert r.returncode == 0, r.stderr
    assert ACCEPTED + "bob" in r.stdout
    assert audit.one()["user"] == "alice"       # the caller's token
    assert audit.one()["verdict"] == "accepted"


@pytest.mark.parametrize("way", SUDO)
@pytest.mark.parametrize("error", BAD)
def test_sudo_refuses(world, either, audit, one_try, askpass, way, error):
    r = SUDO[way](bad_tokens(world)[error])
    assert r.returncode == 1 and ACCEPTED not in r.stdout
    # To sudo each is a wrong password, or the end.
    assert TRY_AGAIN in r.stderr or "PAM authentication error" in r.stderr
    assert audit.one()["error"] == error


def test_sudo_n_declines_at_once(world, either, audit):
    """Nobody can be asked; so nobody asks the broker."""
    start = time.monotonic()
    r = sudo("-n", *AS_BOB)
    assert r.returncode == 1 and "a password is required" in r.stderr
    assert time.monotonic() - start < 1
    assert audit.lines() == []


def test_sudo_i(world, either, audit, one_try):
    """A service of its own, sudo-i; here it asks as sudo."""
    stage.write_pam("sudo-i", "service=sudo", "service=sudo")
    argv = stage.as_user("alice", ["sudo", "-k", "-i", "-u", "bob",
                                   "echo", "logged in as $(id -un)"])
    # sudo -i escapes what its shell would expand.
    argv[-2:] = ["sh", "-c", SAY_WHO]
    r = dialogue(argv, pieces(world.op.token("alice"), 511))
    assert r.ok and ACCEPTED + "bob" in r.text, r.text
    assert audit.one()["service"] == "sudo"
    r = dialogue(argv, pieces(world.op.token("bob"), 511))
    assert r.code == 1 and ACCEPTED not in r.text
    assert audit.lines()[-1]["error"] == "USER_MISMATCH"


@pytest.mark.parametrize("rule", ["deny", "allow"])
def test_sudo_asks_account_also_within_its_timestamp(world, service, audit,
                                                     rule):
    """There is no token then, and account_without_token decides."""
    stage.write_config({"sudo": {**stage.default_services()["sudo"],
                                 "account_without_token": rule}})
    stage.reload()
    # On one terminal: that is what a timestamp belongs to.
    script = Path("/home/alice/twice")
    script.write_text(f"sudo -u bob sh -c '{SAY_WHO}'\n" * 2)
    r = dialogue(stage.as_user("alice", ["sh", str(script)]),
                 pieces(world.op.token("alice"), 511))
    subprocess.run(stage.as_user("alice", ["sudo", "-K"]), check=True)
    assert r.text.count(ACCEPTED + "bob") == (2 if rule == "allow" else 1)
    assert len(audit.lines()) == 1
    with_token, without = audit.lines("account")
    assert with_token["verdict"] == "accepted"
    assert without.get("error") == (
        None if rule == "allow" else "NO_TOKEN")


# --- su, login, pamtester, Dovecot -------------------------------------------

@pytest.mark.parametrize("error", BAD)
def test_su_refuses(world, either, audit, error):
    r = su("alice", bad_tokens(world)[error])
    assert r.code == 1
    assert "su: " + (AUTH_ERR if error == "SIGNATURE" else PERM_DENIED) in (
        r.text)
    assert audit.one()["error"] == error
    r = su("alice", world.op.token("alice"))
    assert r.ok and r.code == 0


@pytest.mark.parametrize("error", BAD)
def test_pamtester(world, either, audit, error):
    r = stage.pam("stage", "alice", bad_tokens(world)[error])
    assert r.code == 1
    assert (AUTH_ERR if error == "SIGNATURE" else PERM_DENIED) in r.text
    assert audit.one()["error"] == error
    what = ("authenticate", "acct_mgmt", "setcred", "open_session",
            "close_session")
    r = stage.pam("stage", "alice", world.op.token("alice"), what)
    assert r.ok, r.text
    for said in ("authenticated", "account management done",
                 "credential info has successfully been set",
                 "opened a session", "session has successfully been closed"):
        assert said in r.text


LOGIN_PAM = """\
auth     required  pam_oauth2.so
account  required  pam_oauth2.so
account  required  pam_unix.so
session  required  pam_unix.so
session  required  pam_oauth2.so
"""


def login(user: str, token: str) -> tuple[bool, list[str], str]:
    """login(1) on a terminal, as getty starts it: did a shell say who it is;
    the prompts; all that was seen."""
    child = pexpect.spawn("login", ["-p", user], env=ENV, timeout=20,
                          encoding="utf-8", codec_errors="replace", cwd="/")
    child.delaybeforesend = None
    left, prompts, text = pieces(token, 4095), [], ""
    ended = [r"[^\r\n]* login: $", r"\$ $", pexpect.EOF]
    while (what := child.expect([stage.PROMPT, *ended])) == 0:
        prompts.append(child.after)
        text += child.before + child.after
        child.sendline(left.pop(0) if left else "")
    text += child.before
    ok = False
    if what == 2:
        child.sendline(f"{SAY_WHO}; exit")
        child.expect(pexpect.EOF)
        ok = ACCEPTED + user in child.before
    child.close(force=True)
    return ok, prompts, text


def test_login(world, either, audit):
    stage.write_pam("login", "service=stage", "service=stage")
    ok, prompts, text = login("alice", world.op.token("alice"))
    assert ok, text
    assert prompts == ["OAuth token: "]
    assert audit.one()["verdict"] == "accepted"
    assert audit.one()["tty"].startswith("/dev/pts/")


@pytest.mark.parametrize("error", BAD)
def test_login_refuses(world, either, audit, error):
    stage.write_pam("login", "service=stage", "service=stage")
    ok, prompts, text = login("alice", bad_tokens(world)[error])
    assert not ok and prompts == ["OAuth token: "]
    assert "Login incorrect" in text
    assert audit.one()["error"] == error


DOVECOT = f"""\
base_dir = /run/stage/dovecot
state_dir = /run/stage/dovecot/state
log_path = {stage.LOGS}/dovecot.log
auth_verbose = yes
auth_debug = yes
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{stage.TLS}/server.pem
ssl_key = <{stage.TLS}/server.key
mail_location = maildir:/run/stage/mail/%n
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = pam
  args = max_requests=1 imap
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/run/stage/mail/%n
}}
service auth-worker {{
  user = root
}}
service imap-login {{
  inet_listener imap {{
    port = 143
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@pytest.fixture(scope="module")
def dovecot(world):
    """Dovecot, whose users' passwords are tokens, by passdb pam."""
    config = RUN / "dovecot.conf"
    config.write_text(DOVECOT)
    (RUN / "dovecot").mkdir()
    (RUN / "mail").mkdir()
    shutil.chown(RUN / "mail", "nobody", "nogroup")
    Path("/etc/pam.d/imap").write_text(
        "auth required pam_oauth2.so service=stage deadline=3\n"
        "account required pam_oauth2.so service=stage deadline=3\n")
    with stage.Server("dovecot", ["dovecot", "-F", "-c", str(config)],
                      lambda: stage.port_open(143)) as server:
        yield server


def imap(user: str, token: str, how: str) -> str:
    """How a login ended: "OK", or what the server says to a refusal."""
    c = imaplib.IMAP4("mail.example.test", 143, timeout=20)
    try:
        c.starttls(stage.ssl.create_default_context(
            cafile=f"{stage.TLS}/ca.pem"))
        if how == "LOGIN":
            c.login(user, token)
        else:
            c.authenticate("PLAIN", lambda _: f"\0{user}\0{token}".encode())
    except imaplib.IMAP4.error as e:
        return str(e)
    finally:
        c.shutdown()
    return "OK"


IMAP = {"LOGIN": "urn:stage:rs256", "PLAIN": "urn:stage:long"}


@pytest.mark.parametrize("how", IMAP)
def test_dovecot(world, dovecot, service, audit, how):
    token = world.op.token("alice", IMAP[how])
    assert imap("alice", token, how) == "OK"
    assert audit.one()["verdict"] == "accepted"
    assert audit.one("account")["verdict"] == "accepted"


DOVECOT_SAYS = {
    "SIGNATURE": "Authentication failure (Password mismatch?)",
    "USER_MISMATCH": "Permission denied",
    "DOWN": "Authentication service cannot retrieve authentication info"}


@pytest.mark.parametrize("how", IMAP)
@pytest.mark.parametrize("error", DOVECOT_SAYS)
def test_dovecot_refuses(world, dovecot, service, audit, error, how):
    """To the client all failures are one; Dovecot's log knows better."""
    token = {**bad_tokens(world), "DOWN": world.unreachable}[error]
    assert "[AUTHENTICATIONFAILED] Authentication failed." in imap(
        "alice", token, how)
    line = audit.one()
    assert line["verdict"] == "unavailable" if error == "DOWN" else (
        line["error"] == error)
    assert (f"pam_authenticate() failed: {DOVECOT_SAYS[error]}"
            in dovecot.tail())
