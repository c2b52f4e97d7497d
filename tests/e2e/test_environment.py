# SPDX-License-Identifier: BSD-2-Clause
"""Under su the caller's environment is the module's; it must not matter (V42).

Both runs are traced: every path that module, broker and helper name to the
kernel, every address they connect to, every program they run.
"""
import re
from pathlib import Path

import pytest

import stage

TRAP = Path("/tmp/trap")

HOSTILE = {
    "SSLKEYLOGFILE": f"{TRAP}/keylog", "SSL_CERT_FILE": f"{TRAP}/ca.pem",
    "SSL_CERT_DIR": f"{TRAP}/certs", "CURL_CA_BUNDLE": f"{TRAP}/ca.pem",
    "CURL_HOME": f"{TRAP}", "CURL_SSL_BACKEND": "gnutls",
    "https_proxy": "http://127.0.0.1:3128", "http_proxy":
    "http://127.0.0.1:3128", "HTTPS_PROXY": "http://127.0.0.1:3128",
    "all_proxy": "socks5h://127.0.0.1:1080", "ALL_PROXY":
    "socks5h://127.0.0.1:1080", "no_proxy": "", "NO_PROXY": "",
    "OPENSSL_CONF": f"{TRAP}/openssl.cnf", "OPENSSL_MODULES": f"{TRAP}",
    "OPENSSL_ENGINES": f"{TRAP}", "OPENSSL_ia32cap": "0",
    "OPENSSL_CONF_INCLUDE": f"{TRAP}", "RANDFILE": f"{TRAP}/rnd",
    "CTLOG_FILE": f"{TRAP}/ctlog", "QLOGDIR": f"{TRAP}",
    "NETRC": f"{TRAP}/.netrc", "HOME": f"{TRAP}",
    "XDG_CONFIG_HOME": f"{TRAP}", "XDG_CACHE_HOME": f"{TRAP}",
    "XDG_RUNTIME_DIR": f"{TRAP}", "XDG_DATA_HOME": f"{TRAP}",
    "SASL_PATH": f"{TRAP}", "SASL_CONF_PATH": f"{TRAP}",
    "RES_OPTIONS": "debug ndots:15 attempts:5", "LOCALDOMAIN":
    "evil.example", "HOSTALIASES": f"{TRAP}/hosts",
    "RESOLV_HOST_CONF": f"{TRAP}/host.conf", "RESOLV_ADD_TRIM_DOMAINS":
    "evil.example", "LDAPCONF": f"{TRAP}/ldap.conf", "KRB5_CONFIG":
    f"{TRAP}/krb5.conf", "KRB5CCNAME": f"{TRAP}/cc", "KRB5_TRACE":
    f"{TRAP}/trace", "SQLITE_TMPDIR": f"{TRAP}", "TMPDIR": f"{TRAP}",
    "TEMP": f"{TRAP}", "TMP": f"{TRAP}", "SQLITE_HISTORY": f"{TRAP}/h",
    "TZ": f":{TRAP}/tz", "TZDIR": f"{TRAP}", "LD_PRELOAD":
    f"{TRAP}/evil.so", "LD_LIBRARY_PATH": f"{TRAP}", "LD_AUDIT":
    f"{TRAP}/evil.so", "LD_DEBUG": "all", "LD_DEBUG_OUTPUT":
    f"{TRAP}/lddebug", "LD_PROFILE": "libc.so.6", "LD_BIND_NOW": "1",
    "GLIBC_TUNABLES": "glibc.malloc.check=3", "MALLOC_CHECK_": "3",
    "MALLOC_TRACE": f"{TRAP}/mtrace", "MALLOC_PERTURB_": "165",
    "GCONV_PATH": f"{TRAP}", "GETCONF_DIR": f"{TRAP}", "NLSPATH":
    f"{TRAP}/%N", "LOCPATH": f"{TRAP}", "NIS_PATH": f"{TRAP}",
    "GMON_OUT_PREFIX": f"{TRAP}/gmon", "LISTEN_FDS": "1", "LISTEN_PID": "1",
    "LISTEN_FDNAMES": "ask", "NOTIFY_SOCKET": f"{TRAP}/notify",
    "JOURNAL_STREAM": "8:1", "CREDENTIALS_DIRECTORY": f"{TRAP}",
    "STATE_DIRECTORY": f"{TRAP}", "RUNTIME_DIRECTORY": f"{TRAP}",
    "BEARERAUTH_CONFIG": f"{TRAP}/b.conf", "BEARERAUTH_SOCKET":
    f"{TRAP}/ask", "BEARERAUTH_BROKER": f"{TRAP}/broker",
    "BEARERAUTH_ASKPASS_CONF": f"{TRAP}/askpass.conf",
    "PATH": f"{TRAP}:/usr/bin:/bin", "IFS": "/", "BASH_ENV": f"{TRAP}/sh",
    "ENV": f"{TRAP}/sh", "PYTHONPATH": f"{TRAP}", "PERL5LIB": f"{TRAP}",
    "NSS_STRICT_NOFORK": "1", "SSL_DIR": f"{TRAP}", "P11_KIT_STRICT": "1",
    "SOFTHSM2_CONF": f"{TRAP}/hsm", "GNUTLS_SYSTEM_PRIORITY_FILE":
    f"{TRAP}/prio", "PKCS11_PROVIDER_DEBUG": f"{TRAP}/p11",
    "ASAN_OPTIONS": f"log_path={TRAP}/asan", "UBSAN_OPTIONS":
    f"log_path={TRAP}/ubsan", "LSAN_OPTIONS": f"log_path={TRAP}/lsan",
    "SSH_ASKPASS": f"{TRAP}/askpass", "DISPLAY": ":0",
}


def traced_su(token: str, env: dict) -> tuple[stage.Login, str]:
    out = stage.RUN / "strace-su"
    # env(1) after setpriv, so that only su and what comes of it have them.
    argv = ["strace", "-f", "-qq", "-s", "300", "-o", str(out), "-e",
            "trace=%file,connect,sendto,write,clone,clone3,fork,vfork,"
            "execve,execveat,openat2,socket",
            *stage.as_user("carol", ["env", "-i", *[
                f"{k}={v}" for k, v in env.items()],
                "/usr/bin/su", "alice", "-s", "/bin/sh", "-c",
                stage.SAY_WHO])]
    # What su runs in the end has a path of its own, and no PATH it needs.
    r = stage.dialogue(argv, stage.pieces(token, 4095))
    return r, out.read_text()


FILE = re.compile(r'^(\d+) +(\w+)\((.*)')


def plain(rest: str) -> str | None:
    """A call's arguments without what differs from run to run; or nothing,
    where it names no path (an fstat), or libc's own time zone: syslog(3)
    reads it for every line that a PAM module writes, /etc/localtime without
    TZ, and, in a setuid program, no file of TZ's choice with it."""
    what = re.sub(r" <unfinished \.\.\.>$|\) += .*|\) *$", "", rest)
    what = re.sub(r"/proc/\d+/", "/proc/N/", what)
    what = re.sub(r"0x[0-9a-f]+", "ADDRESS", what)
    what = re.sub(r", \{st_.*|, (ADDRESS|O_\w+|\w_OK|0|AT_\w+|, )*$", "",
                  what)
    what = re.sub(r"^\d+, ", "", what)
    if '"' not in what and "sa_family" not in what:
        return None
    if '""' in what or '"/etc/localtime"' in what:
        return None
    return what


def touched(trace: str) -> tuple[set, set]:
    """What su did between our prompt and its fork for the session; what all
    processes did that came of the spawn."""
    lines = trace.splitlines()
    main = next(x.split()[0] for x in lines if "OAuth token" in x)
    start = next(i for i, x in enumerate(lines) if "OAuth token" in x)
    # Brokers are begun after it, too: the session's end is told of.
    shell = next(i for i, x in enumerate(lines) if 'execve("/bin/sh"' in x)
    session = max(i for i, x in enumerate(lines[:shell])
                  if x.split()[0] == main and re.search(
                      r"\b(clone|clone3|fork|vfork)\(", x))
    family, brokers = {main}, set()
    inside, outside = set(), set()
    for i, x in enumerate(lines[start:], start):
        m = FILE.match(x)
        if not m:
            continue
        pid, call, rest = m.groups()
        if call == "execve" and "/bearerauth" in rest:
            brokers.add(pid)
        if call in ("write", "clone", "clone3", "fork", "vfork"):
            continue
        if call == "sendto" and "sa_family" not in rest:
            continue
        what = plain(rest)
        if what is None:
            continue
        if call.startswith("readlink"):
            what = what.split('"')[1]
        if pid in brokers or pid not in family and i < session:
            inside.add((call, what))
        elif pid == main and i < session:
            outside.add((call, what))
    return outside, inside


@pytest.fixture
def trap():
    """Where the hostile environment points: all of it exists."""
    TRAP.mkdir(mode=0o777)
    TRAP.chmod(0o777)
    (TRAP / "openssl.cnf").write_text("[default]\n")
    (TRAP / "ca.pem").write_text((stage.TLS / "ca.pem").read_text())
    (TRAP / ".netrc").write_text("default login x password y\n")
    (TRAP / ".curlrc").write_text("insecure\n")
    before = set(TRAP.iterdir())
    yield before
    import shutil
    shutil.rmtree(TRAP)


@pytest.mark.parametrize("mode", ["spawned-cold", "spawned-warm", "service"])
def test_hostile_environment_V42(world, trap, mode):
    token = world.op.token("alice")
    stage.remove_sockets()
    stage.write_config()
    runs = []
    broker = stage.Broker() if mode == "service" else None
    try:
        for env in ({}, HOSTILE):
            if mode == "spawned-cold":
                stage.forget_store()
            else:
                assert stage.pam("stage", "alice", token).ok
            r, trace = traced_su(token, env)
            assert r.ok, r.text
            runs.append(touched(trace))
    finally:
        if broker:
            broker.stop()
            stage.remove_sockets()
    assert set(TRAP.iterdir()) == trap
    for empty, hostile in zip(*runs):
        assert hostile - empty == set()
        assert empty - hostile == set()
    outside, inside = runs[0]
    # That there is something to compare at all.
    text = "\n".join(str(x) for x in outside | inside)
    if mode == "service":
        assert "bearerauth/ask" in text
    else:
        assert "libexec/bearerauthd" in text and "store.db" in text
        assert "bearerauth.conf" in text and len(inside) > 20
    if mode == "spawned-cold":
        assert "bearerauth-fetch" in text and "AF_INET" in text


def test_the_trap_would_catch(world, trap):
    """The same environment does change what curl would do: a counter-test
    with the openssl command, which obeys OPENSSL_CONF."""
    import subprocess
    out = stage.RUN / "strace-openssl"
    subprocess.run(["strace", "-f", "-o", str(out), "-e", "trace=%file",
                    "env", *[f"{k}={v}" for k, v in HOSTILE.items()
                             if not k.startswith("LD_")],
                    "/usr/bin/openssl", "version"], check=True,
                   stdout=subprocess.DEVNULL)
    assert f"{TRAP}/openssl.cnf" in out.read_text()
