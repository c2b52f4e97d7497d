# SPDX-License-Identifier: BSD-2-Clause
"""What the PAM module leaves as it was: everything in its host.  pam_host.c
is that host, and compares; the tests make it one of many kinds."""
import re
import subprocess
from pathlib import Path

import pytest

import stage
from stage import ENV, RUN, TREE, TRIPLET

HOST = str(TREE / "tests/e2e/pam_host")
MODULE = f"/usr/lib/{TRIPLET}/security/pam_oauth2.so"
CONFDIR = RUN / "host.d"
TOKEN = RUN / "host-token"

SUCCESS, SERVICE_ERR, SYSTEM_ERR, BUF_ERR = 0, 3, 4, 5
PERM_DENIED, AUTH_ERR, UNAVAIL = 6, 7, 9
AUTHTOK_ERR = 20
ENTRIES = ["authenticate", "acct_mgmt", "establish", "open_session",
           "close_session", "delete", "chauthtok"]


@pytest.fixture(scope="module", autouse=True)
def begun_anew(world):
    """What an earlier file has left, an asking that failed a moment ago say, is
    not of these."""
    stage.forget_store()
    stage.write_config()


def write_host_pam(service: str = "stage", options: str = "") -> None:
    """Our module and no other, for every entry point."""
    CONFDIR.mkdir(exist_ok=True)
    (CONFDIR / service).write_text("".join(
        f"{kind} required pam_oauth2.so {options}\n"
        for kind in ("auth", "account", "session", "password")))


def host_argv(token: str, *command: str, kind: str = "plain",
              user: str = "alice", few: int = 0, silent: bool = False,
              program: str = HOST) -> list[str]:
    write_host_pam()
    TOKEN.touch(0o600)
    TOKEN.write_text(token)
    return [program, "-k", kind, "-n", str(few), *(["-s"] if silent else []),
            str(CONFDIR), "stage", user, str(TOKEN), *command]


class Result:
    """What pam_host printed."""

    def __init__(self, text: str, code: int):
        self.text = text
        self.code = code
        self.rows = [line.split("\t") for line in text.splitlines()]
        self.ends = {r[1]: int(r[2]) for r in self.rows if r[0] == "end"}
        self.changed = [r[1:] for r in self.rows if r[0] == "changed"]
        self.prompts = [r[2] for r in self.rows if r[0] == "prompt"]

    def number(self, name: str) -> int:
        return next(int(r[1]) for r in self.rows if r[0] == name)


# What malloc() keeps for each thread counts as used; so let it keep nothing.
NO_CACHE = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


def host(token: str, *command: str, timeout: float = 100, **kw) -> Result:
    r = subprocess.run(host_argv(token, *command, **kw), text=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=timeout, check=False,
                       cwd="/", env={**ENV, **NO_CACHE})
    assert r.stderr == ""           # nothing of ours writes there (PM-09)
    assert "left\t" in r.stdout, (r.returncode, r.stdout)
    return Result(r.stdout, r.returncode)


# Who would notice: a SIGCHLD handler that reaps every child, SIGCHLD ignored, a
# child of its own, more threads, descriptors 0-2 closed, or files; and one
# without environment, in a folder that is gone, with all signals blocked.
KINDS = ["plain", "reaping", "ignoring", "parent", "threads", "closed",
         "files", "odd"]


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_as_before_PM_07_PM_09_V24(world, either, kind):
    """Environment, signals, mask, umask, folder, descriptors, children,
    threads, limits, locale and what not, around every entry point."""
    r = host(world.op.token("alice"), "login", kind=kind)
    assert r.changed == [] and r.code == 0
    assert [r.ends[x] for x in ENTRIES] == [SUCCESS] * 6 + [AUTHTOK_ERR]
    assert r.prompts == ["OAuth token: "]


@pytest.mark.parametrize("token, code", [
    ("garbage-signature", AUTH_ERR), ("of-bob", PERM_DENIED),
    ("unreachable", UNAVAIL), ("no-jwt", AUTH_ERR)])
@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_as_before_a_refusal_PM_07_PM_09_V24(
        world, either, kind, token, code):
    r = host({**world.forgeries, "of-bob": world.op.token("bob"),
              "unreachable": world.unreachable,
              "no-jwt": "correct horse"}[token], "login", kind=kind)
    assert r.changed == [] and r.code == 0
    assert r.ends["authenticate"] == code
    assert r.ends["acct_mgmt"] == PERM_DENIED


def test_the_comparison_sees_something(world, service):
    """What a module may do that ours does not: a stack with one that does."""
    source = RUN / "meddle.c"
    source.write_text("""
        #include <fcntl.h>
        #include <signal.h>
        #include <stdlib.h>
        #include <sys/stat.h>
        #include <unistd.h>
        #include <security/pam_modules.h>
        int pam_sm_authenticate(pam_handle_t *h, int f, int n, const char **v)
        {
            (void)h, (void)f, (void)n, (void)v;
            setenv("MEDDLED", "yes", 1);
            signal(SIGUSR1, SIG_IGN);
            umask(0123);
            if (chdir("/var") || open("/dev/null", O_RDONLY) < 0)
                abort();
            if (fork() == 0)
                _exit(0);
            return PAM_SUCCESS;
        }
        int pam_sm_setcred(pam_handle_t *h, int f, int n, const char **v)
        {
            (void)h, (void)f, (void)n, (void)v;
            return PAM_SUCCESS;
        }""")
    build(source, "meddle.so")
    argv = host_argv(world.op.token("alice"), "login")
    with open(CONFDIR / "stage", "a", encoding="utf-8") as f:
        f.write(f"auth required {RUN}/meddle.so\n")
    text = subprocess.run(argv, stdout=subprocess.PIPE, text=True, cwd="/",
                          check=False, env=ENV).stdout
    for sign in ("+environ", "+signal 10:", "+status Umask:", "+cwd: /var",
                 "+descriptor", "+children: ended", "+forks: 1"):
        assert f"changed\tauthenticate\t{sign}" in text, sign


def build(source: Path, name: str, *more: str) -> Path:
    out = RUN / name
    shared = ["-shared", "-fPIC"] if name.endswith(".so") else []
    subprocess.run(["gcc", "-O0", *shared, "-o", str(out), str(source),
                    *more, "-lpam"], check=True)
    return out


def test_errno_is_as_before_PM_07(world, either):
    """Between libpam's own calls, by a module before and after ours."""
    source = RUN / "sensor.c"
    source.write_text("""
        #include <errno.h>
        #include <stdio.h>
        #include <string.h>
        #include <security/pam_modules.h>
        #define ENTRY(name) int name(pam_handle_t *h, int f, int n, \\
            const char **v) { \\
            (void)h, (void)f, (void)n; \\
            if (strcmp(v[0], "set") == 0) \\
                errno = EXDEV; \\
            else \\
                dprintf(100, "errno\\t%d\\n", errno == EXDEV); \\
            return PAM_IGNORE; }
        ENTRY(pam_sm_authenticate)
        ENTRY(pam_sm_setcred)
        ENTRY(pam_sm_acct_mgmt)
        ENTRY(pam_sm_open_session)
        ENTRY(pam_sm_close_session)
        """)
    build(source, "sensor.so")
    for token in (world.op.token("alice"), world.op.token("bob")):
        argv = host_argv(token, "login")
        sensor = RUN / "sensor.so"
        (CONFDIR / "stage").write_text("".join(
            f"{kind} optional {sensor} set\n{kind} optional pam_oauth2.so\n"
            f"{kind} optional {sensor} show\n"
            for kind in ("auth", "account", "session")))
        text = subprocess.run(argv, stdout=subprocess.PIPE, text=True,
                              cwd="/", check=False, env=ENV).stdout
        shown = re.findall(r"^errno\t(\d)$", text, re.M)
        assert len(shown) >= 6 and set(shown) == {"1"}, text


@pytest.mark.parametrize("few", range(3, 13))
def test_hardly_a_descriptor_left_PM_07(world, either, few):
    """In or out, but as before, and at once; and nobody enters who may not.
    (SYSTEM_ERR: libpam cannot tell the kernel's audit what we said.)"""
    hard = (UNAVAIL, SERVICE_ERR, BUF_ERR, SYSTEM_ERR)
    r = host(world.op.token("alice"), "login", few=few, timeout=12)
    assert r.changed == []
    assert r.ends["authenticate"] in (hard if few < 5 else
                                      (SUCCESS, *hard) if few < 10 else
                                      (SUCCESS,))
    r = host(world.op.token("bob"), "login", few=few, timeout=12)
    assert r.changed == []
    assert r.ends["authenticate"] in (PERM_DENIED, *hard)


# --- many times --------------------------------------------------------------

LIMIT = 64 * 1024


def test_10_000_logins_in_one_process_PM_07(world, service):
    r = host(world.op.token("alice"), "rounds", "10000")
    assert ["rounds", "10000", "0"] in r.rows
    assert r.number("heap") <= LIMIT and r.number("resident") <= LIMIT, r.text


@pytest.mark.parametrize("user, code", [("alice", PERM_DENIED),
                                        ("nobody-here", PERM_DENIED)])
def test_refusals_leave_nothing_behind_PM_07(world, service, user, code):
    """Few, for a refusal takes its time; so not a byte is allowed."""
    r = host(world.op.token("bob"), "rounds", "60", user=user)
    assert ["rounds", "60", str(code)] in r.rows
    assert r.number("heap") <= 0, r.text


def test_spawned_logins_leave_nothing_behind_PM_07(world, spawned):
    r = host(world.op.token("alice"), "rounds", "100")
    assert ["rounds", "100", "0"] in r.rows
    assert r.number("heap") <= 0 and r.number("resident") <= LIMIT, r.text
    stage.wait_for("the brokers' end",
                   lambda: not stage.running(stage.BROKER))


def test_1_000_times_loaded_and_unloaded_V39(world):
    """And the end of the process runs nothing that is no longer there."""
    r = host("x", "unload", "1000", MODULE)
    assert ["unloaded", "1000"] in r.rows and r.code == 0
    assert r.number("heap") <= LIMIT and r.number("resident") <= LIMIT, r.text


# --- a host with the same names ----------------------------------------------

SAMPLE = """
int ba_sample(void) { return 42; }
int entry(void) { return ba_sample(); }
"""


def names_of(so: str, *options: str) -> set[str]:
    out = subprocess.run(["nm", "--defined-only", *options, so], check=True,
                         text=True, stdout=subprocess.PIPE).stdout
    return {line.split()[-1].split("@")[0] for line in out.splitlines()}


def internal_names() -> list[str]:
    """What the module calls its own, but the compiler's start-up code, and
    what a host exporting it would take from libc itself."""
    found = names_of(str(TREE / ".libs/pam_oauth2.so"))
    for library in ("libc.so.6", "libpam.so.0", "libaudit.so.1"):
        found -= names_of(f"/lib/{TRIPLET}/{library}", "-D")
    return sorted(x for x in found if re.fullmatch(r"[a-z]\w*", x) and
                  not re.match(r"pam_sm_|main$|frame_dummy$|"
                               r"(de)?register_tm_clones$", x))


def test_a_host_with_all_our_names_captures_no_call_PM_07(world, either):
    """As Dovecot, whose auth exports oauth2_* of its own."""
    names = internal_names()
    assert len(names) > 100 and "ba_ask" in names and "converse" not in names
    source = RUN / "traps.c"
    source.write_text(
        "#include <stdio.h>\n#include <unistd.h>\n"
        '#define TRAP(name) int name(void); int name(void) { \\\n'
        '    dprintf(100, "captured\\t%s\\n", #name); _exit(99); }\n' +
        "".join(f"TRAP({x})\n" for x in ["ba_sample", *names]))
    here = Path(stage.SRC) / "tests/e2e"
    program = build(source, "host-with-names", *(
        str(here / f"pam_host{x}.c") for x in ("", "_scan", "_state")),
        f"-I{TREE}", f"-I{stage.SRC}", "-D_GNU_SOURCE", "-rdynamic")
    assert set(names) <= names_of(str(program), "-D")
    # That it would: what an ordinary library calls its own is taken.
    source = RUN / "sample.c"
    source.write_text(SAMPLE)
    sample = build(source, "sample.so")
    caught = subprocess.run(
        host_argv("x", "call", str(sample), "entry", program=str(program)),
        stdout=subprocess.PIPE, text=True, check=False, env=ENV)
    assert (caught.returncode, caught.stdout) == (99, "captured\tba_sample\n")
    free = subprocess.run(host_argv("x", "call", str(sample), "entry"),
                          stdout=subprocess.PIPE, check=False, env=ENV)
    assert free.returncode == 42
    # And ours is not.
    for token, code in ((world.op.token("alice"), SUCCESS),
                        (world.op.token("bob"), PERM_DENIED)):
        r = host(token, "login", program=str(program))
        assert r.changed == [] and r.ends["authenticate"] == code


# --- descriptors -------------------------------------------------------------

OPENS = re.compile(
    r"\b(open|openat|socket|socketpair|pipe2?|accept4?|dup[23]?|eventfd2?|"
    r"epoll_create1?|memfd_create|timerfd_create|signalfd4?|inotify_init1?|"
    r"userfaultfd|pidfd_open|fcntl)\((.*)\) += (\d+)")


def opened(trace: str) -> list[str]:
    """Every call that made a descriptor, while an entry point ran."""
    lines = trace.splitlines()
    main = lines[0].split()[0]
    inside, found = False, []
    for line in lines:
        if 'write(100, "begin' in line:
            inside = True
        elif 'write(100, "end' in line:
            inside = False
        elif inside and line.split()[0] == main and (m := OPENS.search(line)):
            if m[1] != "fcntl" or "F_DUPFD" in line:
                found.append(m[0])
    return found


def test_every_descriptor_is_born_with_CLOEXEC_PM_08_V24(world, either):
    out = RUN / "strace-host"
    argv = host_argv(world.op.token("alice"), "login")
    subprocess.run(["strace", "-f", "-qq", "-s", "200", "-o", str(out), *argv],
                   check=True, cwd="/", env=ENV, stdout=subprocess.DEVNULL)
    # Those of libpam, which tells the kernel's audit of each call, are not
    # ours.
    calls = [x for x in opened(out.read_text()) if "NETLINK_AUDIT" not in x]
    assert len(calls) >= 4
    assert any("SOCK_STREAM" in x or "SOCK_SEQPACKET" in x for x in calls)
    assert [x for x in calls if "CLOEXEC" not in x] == []


@pytest.fixture
def asking(world):
    """A question, in which a broker can be looked at."""
    stage.remove_sockets()
    stage.write_config({"stage": {**stage.default_services()["stage"],
                                  "confirm": "Go on?"}})


class Held:
    """A login that waits in a question."""

    def __init__(self, token: str, **kw):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            host_argv(token, "hold", **kw), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, cwd="/", env=ENV,
            close_fds=False)
        self.text = ""
        while "held\n" not in self.text:
            line = self.process.stdout.readline()
            assert line, self.text
            self.text += line

    def end(self) -> Result:
        out, _ = self.process.communicate("\n", timeout=20)
        return Result(self.text + out, self.process.returncode)


def test_a_spawned_broker_has_no_descriptor_of_the_host_V24(world, asking):
    """The host leaves many open for whatever it may execute."""
    secret = RUN / "secret-of-the-host"
    secret.write_text("x")
    fds = [stage.os.open(secret, stage.os.O_RDWR) for _ in range(20)]
    for fd in fds:
        stage.os.set_inheritable(fd, True)
    try:
        held = Held(world.op.token("alice"))
        broker, = stage.running(stage.BROKER)
        both = []
        for pid in (held.process.pid, broker):
            both.append([stage.os.readlink(x) for x in
                         Path(f"/proc/{pid}/fd").iterdir()])
    finally:
        for fd in fds:
            stage.os.close(fd)
    assert held.end().ends["authenticate"] == SUCCESS
    hosts, brokers = both
    assert hosts.count(str(secret)) == 20 and str(secret) not in brokers
    assert 3 <= len(brokers) < 15
    # Nor the host's standard input, output and error.
    assert not set(brokers) & {x for x in hosts if "pipe:" in x}


# --- what the user is told ---------------------------------------------------

@pytest.mark.parametrize("mode", ["spawned", "service"])
def test_PAM_SILENT_hides_no_question_PM_10(world, asking, mode):
    """sudo says it always.  The question is asked, and counts."""
    broker = stage.Broker() if mode == "service" else None
    try:
        seen = [host(world.op.token("alice"), "login", silent=silent)
                for silent in (False, True)]
    finally:
        if broker:
            broker.stop()
            stage.remove_sockets()
    assert seen[0].prompts == seen[1].prompts
    assert seen[0].prompts[-1].startswith("Go on?")
    assert seen[0].ends == seen[1].ends
    assert seen[1].ends["authenticate"] == SUCCESS


@pytest.mark.parametrize("kind", ["speechless", "spoiling"])
def test_a_host_that_cannot_ask_PM_10(world, either, audit, kind):
    """No conversation, or one that answers nothing: unavailable, and the
    broker is not asked."""
    r = host(world.op.token("alice"), "login", kind=kind)
    assert r.changed == []
    assert r.ends["authenticate"] == UNAVAIL
    assert audit.lines() == []
    assert host(world.op.token("alice"), "login"
                ).ends["authenticate"] == SUCCESS
