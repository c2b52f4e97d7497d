# SPDX-License-Identifier: BSD-2-Clause
"""Where a token must not be when nobody needs it any more: in memory, logs,
environments and argument lists.  Memory is looked through by pam_host.c."""
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

import mint
import stage
from stage import ENV, RUN, TREE, ssh, su, sudo
from test_pam_unchanged import HOST, SUCCESS, UNAVAIL, host

ASAN = TREE / "tests/e2e/.libs/pam_asan.so"


# --- in memory ---------------------------------------------------------------

@pytest.fixture(scope="module", autouse=True)
def begun_anew(world):
    """What an earlier file has left, an asking that failed a moment ago say, is
    not of these."""
    stage.forget_store()
    stage.write_config()


@pytest.mark.parametrize("what", ["good", "of-bob", "garbage-signature",
                                  "huge"])
def test_nothing_in_the_hosts_memory_V21(world, either, what):
    """In a host that wipes its own, after pam_end()."""
    tokens = {**world.forgeries, "good": world.op.token("alice"),
              "of-bob": world.op.token("bob"),
              "huge": world.op.token("alice", "urn:stage:huge")}
    r = host(tokens[what], "secrets")
    assert (r.ends["login"] == SUCCESS) == (what in ("good", "huge"))
    assert r.number("pieces") == 0, r.text


def test_in_the_hosts_memory_it_would_be_found(world, service):
    """The same where the host leaves its own copy."""
    r = host(world.op.token("alice"), "secrets", "keep")
    assert r.number("pieces") > 500


def pieces_in(pid: int, *secrets: bytes) -> int:
    """How many pieces of 12 bytes of these are in the memory of a process."""
    files = []
    for i, secret in enumerate(secrets):
        files.append(stage.install_private(RUN / f"secret-{i}", "x"))
        files[-1].write_bytes(secret)
    text = subprocess.run([HOST, "scan", str(pid), *map(str, files)],
                          check=True, text=True, stdout=subprocess.PIPE
                          ).stdout
    print(text)
    return int(re.search(r"^pieces\t(-?\d+)$", text, re.M)[1])


def secrets_of(token: str) -> list[bytes]:
    """Payload and signature, as sent; the signature as it is computed with,
    too, in either order of bytes."""
    _, payload, signature = token.split(".")
    raw = mint.unb64(signature)
    return [payload.encode(), signature.encode(), raw, raw[::-1]]


@pytest.fixture(params=["jwt", "introspection", "opaque"])
def slow(request, world, rogue):
    """A service, and an issuer whose answers take a moment: what it is, a
    token of its, and what must not be found of that."""
    url = rogue.issuer(f"keys/good/secrets-{request.param}")
    rogue.set(url, delay=1.0)
    stage.remove_sockets()
    stage.forget_store()
    if request.param == "opaque":
        token = rogue.opaque(url)
        secrets = [token.encode()]
    else:
        token = rogue.token(url)
        secrets = secrets_of(token)
    verify = "jwt" if request.param == "jwt" else "introspection"
    stage.write_config(
        {"stage": {"issuer": url, **({"opaque_issuer": url} if
                                     request.param == "opaque" else {})}},
        {url: {"verify": verify, **({} if verify == "jwt" else {
            "client_id": "stage", "client_auth": "none"})}})
    with stage.Broker() as broker:
        yield broker, token, secrets
    stage.forget_store()


def test_nothing_in_the_brokers_memory_V21(world, rogue, slow):
    """While it waits for keys, or for an answer about the token, it has one;
    when the verdict is there neither broker nor helper has a piece of it."""
    broker, token, secrets = slow
    login = []
    thread = threading.Thread(target=lambda: login.append(
        stage.pam("stage", "alice", token)))
    thread.start()
    stage.wait_for("the helper", lambda: stage.running(stage.HELPER))
    stage.time.sleep(0.3)
    during = pieces_in(broker.pid, *secrets)
    thread.join()
    assert login[0].ok, login[0].text
    after = {pid: pieces_in(pid, *secrets)
             for pid in (broker.pid, *stage.running(stage.HELPER))}
    assert during > 50
    assert set(after.values()) == {0}, after


# --- where everybody may look ------------------------------------------------

def pieces_of(token: str) -> list[bytes]:
    """24 characters each, of payload and signature."""
    return [part[i:i + 24].encode() for part in token.split(".")[1:]
            for i in range(0, len(part) - 23, 12)]


def everybodys_words() -> bytes:
    """Arguments and environment of every process there is."""
    found = []
    for path in (*Path("/proc").glob("[0-9]*/cmdline"),
                 *Path("/proc").glob("[0-9]*/environ")):
        try:
            found.append(path.read_bytes())
        except OSError:
            pass                # it has just ended
    return b"\n".join(found)


QUESTION = "Go on, whoever you are?"
HOSTS = {
    "ssh": (lambda: stage.as_user("carol", stage.ssh_argv(
        "alice", command="env; cat /proc/self/environ")), 1023),
    "su": (lambda: stage.as_user("carol", [
        "su", "alice", "-s", "/bin/sh", "-c",
        "env; cat /proc/self/environ"]), 4095),
    "sudo": (lambda: stage.as_user("alice", [
        "sudo", "-k", "-u", "bob", "sh", "-c",
        "env; cat /proc/self/environ"]), 511)}


@pytest.mark.parametrize("mode", ["service", "spawned"])
@pytest.mark.parametrize("name", HOSTS)
def test_nothing_in_arguments_or_environments_TOK_06_V21(world, mode, name):
    """While a login waits in a question, and in the session that it gives."""
    stage.remove_sockets()
    stage.write_config({x: {**stage.default_services()[x],
                            "confirm": QUESTION}
                        for x in ("sshd", "su", "sudo")})
    broker = stage.Broker() if mode == "service" else None
    token = world.op.token("alice", fresh=True)
    argv, size = HOSTS[name][0](), HOSTS[name][1]
    child = stage.pexpect.spawn(argv[0], argv[1:], env=ENV, cwd="/",
                                timeout=20, encoding="utf-8")
    child.delaybeforesend = None
    try:
        left = stage.pieces(token, size)
        while True:
            child.expect(stage.PROMPT)
            if QUESTION in child.after:
                break
            child.sendline(left.pop(0) if left else "")
        words = everybodys_words()
        child.sendline("yes")
        child.expect(stage.pexpect.EOF)
        session = child.before.encode()
    finally:
        child.close(force=True)
        if broker:
            broker.stop()
            stage.remove_sockets()
    assert stage.BROKER.encode() in words and b"PATH=" in words
    assert b"HOME=/home/" in session
    for piece in pieces_of(token):
        assert piece not in words and piece not in session


def written_since(start: float, *roots: str):
    """Files, but for those that the tests themselves keep tokens in."""
    for root in roots:
        for folder, _, names in os.walk(root):
            for path in (Path(folder, name) for name in names):
                if path.is_file() and not path.is_symlink() and (
                        path.stat().st_mtime >= start) and (
                        RUN not in path.parents):
                    yield path


def test_nothing_in_logs_and_files_V21_V22(world, either):
    """sshd says all that it knows (DEBUG3); a login of every outcome."""
    start = stage.time.time() - 1
    tokens = [world.op.token("alice", fresh=True),
              world.op.token("bob", "urn:stage:long", fresh=True)]
    with stage.start_sshd("LogLevel DEBUG3", "PasswordAuthentication yes",
                          port=2223):
        for token in tokens:
            for way in ("keyboard-interactive", "password"):
                r = stage.dialogue(stage.as_user("carol", stage.ssh_argv(
                    "alice", "-p", "2223", "-o",
                    "HostKeyAlias=login.example.test", "-o",
                    f"PreferredAuthentications={way}")),
                    stage.pieces(token, 1023))
                assert r.ok == (token == tokens[0])
            su("alice", token)
            sudo("alice", token)
    stage.syslog_settle()
    log = (stage.LOGS / "sshd-2223.log").read_text(errors="replace")
    assert log.count("debug3: ") > 100 and "PAM: " in log
    seen = set()
    for path in written_since(start, str(stage.LOGS), "/var", "/tmp", "/etc",
                              "/run", "/home"):
        data = path.read_bytes()
        for token in tokens:
            assert (path, [x for x in pieces_of(token) if x in data]) == (
                path, [])
        seen.add(path.name)
    assert {"syslog", "sshd-2223.log", "bearerauth.conf", "store.db-wal"} <= seen


# --- whose configuration -----------------------------------------------------

LAX = {"su": {"issuer": stage.ISSUER}}


def test_a_configuration_at_home_does_not_count_PM_11_V25(world, spawned):
    """Of caller and target: HOME, XDG_CONFIG_HOME, XDG_RUNTIME_DIR."""
    token = world.op.token("alice", scope="mail")
    strict = stage.CONFIG.read_text()
    stage.write_config(LAX)
    lax = stage.CONFIG.read_text()
    assert su("alice", token).ok
    stage.install_config(strict)
    env = {"HOME": "/home/carol", "XDG_CONFIG_HOME": "/home/carol/xdg",
           "XDG_RUNTIME_DIR": "/home/carol/xdg", "XDG_CONFIG_DIRS":
           "/home/carol/xdg", "XDG_DATA_HOME": "/home/carol/xdg"}
    for user in ("alice", "carol"):
        for folder in (".config/bearerauth", "xdg/bearerauth", "xdg",
                       ".bearerauth", "."):
            path = Path(f"/home/{user}/{folder}/bearerauth.conf")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(lax)
            shutil.chown(path, user, user)
    r = su("alice", token, env=env)
    assert r.code == 1 and "Permission denied" in r.text
    assert ssh("alice", token).code == 255
    assert su("alice", world.op.token("alice"), env=env).ok


def by_others(path: Path) -> None:
    path.chmod(0o666)


def of_alice(path: Path) -> None:
    shutil.chown(path, "alice")


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".real"))
    path.symlink_to(path.with_suffix(".real"))


def in_an_open_folder(path: Path) -> None:
    path.parent.chmod(0o777)


@pytest.mark.parametrize("spoil", [by_others, of_alice, a_link,
                                   in_an_open_folder])
def test_a_configuration_that_others_could_write_PM_11_V24(world, spawned,
                                                           spoil):
    spoil(stage.CONFIG)
    try:
        r = host(world.op.token("alice"), "login")
        assert r.changed == []
        assert r.ends["authenticate"] == UNAVAIL
    finally:
        stage.CONFIG.unlink()
        stage.CONFIG.parent.chmod(0o750)
        stage.write_config()
    assert host(world.op.token("alice"), "login"
                ).ends["authenticate"] == SUCCESS


# --- other witnesses ---------------------------------------------------------

def libasan() -> str:
    return subprocess.run(["gcc", "-print-file-name=libasan.so"], check=True,
                          text=True, stdout=subprocess.PIPE).stdout.strip()


REPORTS = Path("/tmp/asan")
ASAN_ENV = {"ASAN_OPTIONS": f"detect_leaks=0:log_path={REPORTS}/asan",
            "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={REPORTS}/ubsan"}


@pytest.fixture(params=["preloaded", "bare"])
def asan_sshd(request, world):
    """The real sshd with the module that was built with ASan and UBSan; bare:
    without the runtime before all others, where it must end itself."""
    REPORTS.mkdir(mode=0o777, exist_ok=True)
    REPORTS.chmod(0o777)
    for path in REPORTS.iterdir():
        path.unlink()
    program = RUN / "ssh/sshd-asan"
    if not program.exists():
        program.symlink_to("/usr/sbin/sshd")
    stack = Path("/etc/pam.d/sshd").read_text()
    assert "pam_oauth2.so" in stack
    Path("/etc/pam.d/sshd-asan").write_text(
        stack.replace("pam_oauth2.so", f"{ASAN} service=sshd"))
    env = dict(ASAN_ENV)
    if request.param == "preloaded":
        env["LD_PRELOAD"] = os.path.realpath(libasan())
    with stage.start_sshd("PasswordAuthentication yes", port=2224,
                          program=str(program), env=env) as server:
        yield request.param, server


def ssh_asan(user: str, token: str, way: str = "keyboard-interactive"):
    return stage.dialogue(stage.as_user("carol", stage.ssh_argv(
        user, "-p", "2224", "-o", "HostKeyAlias=login.example.test", "-o",
        f"PreferredAuthentications={way}")), stage.pieces(token, 1023))


def test_ASan_in_the_real_sshd(world, either, asan_sshd):
    kind, server = asan_sshd
    good = world.op.token("alice")
    if kind == "bare":
        assert ssh_asan("alice", good).code == 255
        assert "ASan runtime does not come first" in server.log.read_text()
        return
    before = server.log.read_text()
    assert ssh_asan("alice", good).ok
    assert ssh_asan("alice", world.op.token("alice", "urn:stage:huge")).ok
    assert ssh_asan("alice", world.op.token("alice", "urn:stage:eddsa"),
                    "password").ok
    for user, token in (("alice", world.forgeries["garbage-signature"]),
                        ("alice", world.op.token("bob")),
                        ("alice", "no token"), ("alice", ""),
                        ("alice", world.unreachable), ("alice", "x" * 70000),
                        ("root", world.op.token("root")),
                        ("nobody-here", good)):
        assert ssh_asan(user, token).code == 255
    for user, token in (("alice", world.op.token("bob")),
                        ("nobody-here", good)):
        assert ssh_asan(user, token, "password").code == 255
    assert list(REPORTS.iterdir()) == []
    said = server.log.read_text()[len(before):]
    assert "Accepted keyboard-interactive/pam for alice" in said
    assert not re.search("Sanitizer|runtime error", said)


OUTCOMES = [("alice", "alice", 0), ("alice", "bob", 1),
            ("nobody-here", "alice", 1)]
EVERY = ("authenticate", "acct_mgmt", "setcred", "open_session",
         "close_session")


@pytest.mark.parametrize("user, owner, code", OUTCOMES)
def test_LSan_with_pamtester(world, either, user, owner, code):
    """No leak, either."""
    Path("/etc/pam.d/asan").write_text("".join(f"{x} required {ASAN} service=stage\n"
                            for x in ("auth", "account", "session")))
    r = stage.pam("asan", user, world.op.token(owner), EVERY, env={
        "LD_PRELOAD": os.path.realpath(libasan()),
        "ASAN_OPTIONS": "detect_leaks=1"})
    assert (r.code, "Sanitizer" in r.text) == (code, False), r.text


@pytest.mark.parametrize("user, owner, code", OUTCOMES)
def test_valgrind_with_pamtester(world, service, user, owner, code):
    r = subprocess.run(
        ["valgrind", "-q", "--keep-debuginfo=yes", "--leak-check=full",
         "--errors-for-leak-kinds=definite,possible", "--error-exitcode=99",
         "pamtester", "stage", user, *EVERY], input=world.op.token(owner) +
        "\n", text=True, check=False, timeout=60, env=ENV,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert r.returncode == code, r.stdout
    assert "==" not in r.stdout, r.stdout
