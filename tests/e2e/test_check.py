# SPDX-License-Identifier: BSD-2-Clause
"""bearerauth(1): every check, why, and an exit code a script can use."""
import json
import re
import subprocess
import time

import pytest

import mint
import stage

# In the order in which they are made.
CHECKS = ("service form issuer algorithm type key signature introspection "
          "audience expiry not_before issued kind claims block client scope "
          "group authentication age source identity user account").split()
OF_A_TOKEN = ("form", "algorithm", "type", "key", "signature",
              "introspection")


def check(token: str, user: str = "alice", name: str = "sshd", *more):
    return subprocess.run(
        ["bearerauth", "check", "--service", name, "--user", user, *more],
        input=token, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=stage.ENV, check=False, timeout=30)


def results(text: str) -> dict:
    """ok, FAIL or -, by the name of the check."""
    found = re.findall(r"(?m)^(ok|FAIL|-) +(\w+)(?=\s|$)", text)
    return {name: result for result, name in found}


def line_of(text: str, name: str) -> str:
    return re.search(rf"(?m)^(?:ok|FAIL) +{name}\b.*$", text).group(0)


def place_of(text: str) -> str:
    """FILE:LINE of this line of the configuration."""
    lines = stage.CONFIG.read_text().splitlines()
    return f"({stage.CONFIG}:{lines.index(text) + 1})"


def test_0_accepted(world, either):
    r = check(world.op.token("alice"))
    assert r.returncode == 0, r.stdout
    assert "verdict: accepted as alice until " in r.stdout
    for name in ("service", "form", "algorithm", "issuer", "key",
                 "signature", "audience", "scope"):
        assert f"ok    {name}" in r.stdout


@pytest.mark.parametrize("name", ["garbage-signature", "exp-in-1970",
                                  "foreign-issuer", "alg-none"])
def test_1_refused(world, either, name):
    r = check(world.forgeries[name])
    assert r.returncode == 1, r.stdout
    assert "FAIL" in r.stdout and "verdict: refused" in r.stdout


def test_2_not_allowed(world, either):
    assert check(world.op.token("alice"), user="bob").returncode == 2
    assert check(world.op.token("alice"), name="nosection").returncode == 2
    assert check(world.op.token("root"), user="root").returncode == 2


def test_3_unavailable(world, either):
    r = check(world.unreachable)
    assert r.returncode == 3, r.stdout


def test_4_our_fault(world):
    stage.write_config(extra="[nonsense]\n")
    r = check(world.op.token("alice"))
    assert r.returncode == 4, r.stdout
    assert "bearerauth.conf:" in r.stdout
    stage.write_config()


def test_never_the_token_TOK_06(world, either):
    for token in (world.op.token("alice"), *world.forgeries.values()):
        out = check(token).stdout
        for part in token.split("."):
            assert not part or part[:24] not in out


def test_config_test_names_file_line_and_remedy(world):
    stage.write_config()
    r = subprocess.run(["bearerauth", "config", "test"], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    assert r.returncode == 0, r.stdout
    text = stage.CONFIG.read_text()
    stage.CONFIG.write_text(text + "[service x]\nissuer = https://nobody\n")
    line = text.count("\n") + 2
    r = subprocess.run(["bearerauth", "config", "test"], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    assert r.returncode == 4, r.stdout
    assert f"bearerauth.conf:{line}" in r.stdout
    stage.write_config()


def test_the_examples_are_right(world):
    """As they are, and with all that is only proposed in them."""
    examples = stage.SRC / "packaging"
    stage.install_private(stage.CONFIG.parent / "people.map",
                          (examples / "people.map.example").read_text())
    text = (examples / "bearerauth.conf.example").read_text()
    every = re.sub(r"(?m)^#(?=\[|[a-z_]+ +=)", "", text)
    assert every.count("[issuer ") == 5 and text.count("\n[issuer ") == 1
    mapped = text.replace("\nusername ", "\nmap_file = "
                          "/etc/bearerauth/people.map\nusername ", 1)
    for x in (text, every, mapped):
        stage.install_config(x)
        r = subprocess.run(["bearerauth", "config", "test"], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           check=False)
        assert r.returncode == 0, r.stdout
    (stage.CONFIG.parent / "people.map").unlink()
    stage.write_config()


# --- every rule, by file and line -------------------------------------------

RULES = {
    "allow_client": "stage other", "require_scope": "login mail",
    "require_group": "staff", "allow_acr": "urn:stage:loa2",
    "max_lifetime": "3600", "allow_network": "192.0.2.0/24 127.0.0.0/8",
    "group_claim": "groups",
}


@pytest.fixture
def strict(world):
    """All rules at once; what the file says is what is explained."""
    stage.write_config({"sshd": {**stage.default_services()["sshd"],
                                 **RULES}})
    yield world
    stage.write_config()


def test_each_check_its_rule_file_and_line(strict):
    r = check(strict.op.token("alice", "urn:stage:rich"), "alice", "sshd",
              "--rhost", "127.0.0.1")
    assert r.returncode == 0, r.stdout
    assert list(results(r.stdout)) == CHECKS
    assert results(r.stdout) == {        # this issuer is not asked
        k: "-" if k == "introspection" else "ok" for k in CHECKS}
    for name, rule, shown in (
            ("client", "allow_client", "stage"),
            ("scope", "require_scope", "login mail"),
            ("group", "require_group", "staff"),
            ("authentication", "allow_acr", "urn:stage:loa2"),
            ("age", "max_lifetime", "3600"),
            ("source", "allow_network", "127.0.0.1")):
        line = line_of(r.stdout, name)
        assert place_of(f"{rule} = {RULES[rule]}") in line, line
        assert shown in line


@pytest.mark.parametrize("rhost,code", [("127.0.0.1", 0), ("192.0.2.1", 0),
                                        ("::1", 2), (None, 2), ("", 2)])
def test_rhost_is_for_allow_network(strict, rhost, code):
    r = check(strict.op.token("alice", "urn:stage:rich"), "alice", "sshd",
              *(["--rhost", rhost] if rhost is not None else []))
    assert r.returncode == code, r.stdout
    if code:
        line = line_of(r.stdout, "source")
        assert line.startswith("FAIL") and "SOURCE" in line
        assert place_of("allow_network = " + RULES["allow_network"]) in line
        # What comes after the failure was not looked at.
        assert results(r.stdout)["identity"] == "-"
        assert ("say --rhost" in r.stdout) == (not rhost)


# --- claims alone ------------------------------------------------------------

def claims_file(content, name: str = "claims.json",
                mode: int = 0o600) -> stage.Path:
    """Root's own: user bearerauth cannot open it."""
    path = stage.RUN / name
    path.write_text(content if isinstance(content, str)
                    else json.dumps(content))
    path.chmod(mode)
    return path


def by_claims(content, *more, user: str = "alice", name: str = "sshd",
              stdin: bool = False):
    where = "-" if stdin else str(claims_file(content))
    return check(json.dumps(content) if stdin else "", user, name,
                 "--claims", where, *more)


def of_alice(**more) -> dict:
    return mint.claims_for(stage.OWN, "alice", "urn:stage:rs256", **more)


@pytest.mark.parametrize("stdin", [False, True])
def test_would_this_person_get_in(world, either, audit, stdin):
    requests = len(world.op.requests())
    for iss in (stage.OWN, stage.ISSUER, stage.DOWN):
        r = by_claims({**of_alice(), "iss": iss}, stdin=stdin)
        assert r.returncode == 0, r.stdout
        assert "verdict: would be accepted as alice until " in r.stdout
        assert "verdict: accepted" not in r.stdout
        assert "no token was read, no signature checked" in r.stdout
        assert {k: v for k, v in results(r.stdout).items()} == {
            k: "-" if k in OF_A_TOKEN else "ok" for k in CHECKS}
    r = by_claims({**of_alice(), "iss": stage.OWN}, user="bob", stdin=stdin)
    assert r.returncode == 2
    assert "verdict: not allowed: USER_MISMATCH" in r.stdout
    assert line_of(r.stdout, "user").startswith("FAIL")
    # Nobody was asked for anything: no broker, no provider.
    assert audit.lines() == [] and len(world.op.requests()) == requests


@pytest.mark.parametrize("change,code,error", [
    ({"exp": 1}, 1, "EXP"), ({"aud": "x"}, 1, "AUD"),
    ({"iss": "https://foreign.example.test"}, 1, "ISS"),
    ({"scope": "mail"}, 2, "SCOPE"),
    ({"cnf": {"jkt": "x"}}, 1, "CNF"), ({"at_hash": "x"}, 1, "ID_TOKEN"),
    ({"preferred_username": "root"}, 2, "USER_NAME"),
    ({"preferred_username": ["alice"]}, 1, "CLAIM")])
def test_what_keeps_this_person_out(world, change, code, error):
    stage.write_config()
    r = by_claims({**of_alice(), **change})
    assert r.returncode == code, r.stdout
    assert f": {error} " in r.stdout.splitlines()[-1], r.stdout
    assert "would be accepted" not in r.stdout
    assert by_claims(of_alice()).returncode == 0


def test_by_which_line_of_the_map(world):
    path = stage.install_private(
        stage.CONFIG.parent / "people.map",
        f"# who\n\n{stage.OWN} robot-7 bob\n{stage.OWN} admin-1 root\n")
    stage.write_config(issuers={stage.OWN: {
        "jwks_file": stage.OwnIssuer.jwks, "map_file": path}})
    r = by_claims({**of_alice(), "sub": "robot-7"}, user="bob")
    assert r.returncode == 0, r.stdout
    assert f"({path}:3)" in line_of(r.stdout, "identity")
    r = by_claims({**of_alice(), "sub": "admin-1"}, user="root")
    assert r.returncode == 0, r.stdout
    assert f"({path}:4)" in line_of(r.stdout, "identity")
    assert "would be accepted as root" in r.stdout
    r = by_claims({**of_alice(), "sub": "admin-2"}, user="root")
    assert r.returncode == 2, r.stdout
    stage.write_config()
    path.unlink()


@pytest.mark.parametrize("content", [
    "", "[]", "{", '{"sub":"1","sub":"2"}', "eyJ.eyJ.x", "{}x",
    '{"x":"' + "y" * 65536 + '"}'], ids=lambda x: x[:20] or "empty")
def test_claims_that_are_none_are_a_wrong_use(world, content):
    """4, not 1: it says nothing about a person."""
    stage.write_config()
    r = check("", "alice", "sshd", "--claims", str(claims_file(content)))
    assert r.returncode == 4, r.stdout
    assert "--claims: " in r.stdout and "verdict" not in r.stdout
    assert by_claims(of_alice()).returncode == 0


@pytest.mark.parametrize("more", [
    ("--claims", "/nonexistent"), ("--claims", "/run"), ("--claims", ""),
    ("--claims", "-", "--store", "/run/x"),
    ("--claims", "-", "--fetch-helper", "/run/x"),
    ("--as-of", "tomorrow"), ("--as-of", "2026-02-30T00:00:00Z"),
    ("--as-of", "-1"), ("--token", "eyJ"), ("--uid", "-1"),
    ("--as-of", "1", "--as-of", "1")])
def test_wrong_use_is_4(world, more):
    stage.write_config()
    r = check(json.dumps(of_alice()), "alice", "sshd", *more)
    assert r.returncode == 4, r.stdout
    assert "accepted" not in r.stdout


def test_a_claims_file_is_opened_as_root_and_judged_as_nobody_special(world):
    """Only root can open it; what is then read is the broker's user's."""
    stage.write_config()
    path = claims_file(of_alice())
    out = stage.RUN / "strace-check"
    r = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(out), "-e",
         "trace=openat,setresuid,read,connect,execve", "bearerauth", "check",
         "--service", "sshd", "--user", "alice", "--claims", str(path)],
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=stage.ENV, check=False, timeout=30)
    assert r.returncode == 0, r.stdout
    trace = out.read_text()
    opened = re.search(rf'openat\(\w+, "{path}".* = (\d+)', trace)
    dropped = trace.index("setresuid(")
    read = trace.index(f'read({opened.group(1)}, "{{')
    assert opened.start() < dropped < read
    assert "AF_INET" not in trace and "bearerauth-fetch" not in trace
    assert "store.db" not in trace


# --- as the broker would ------------------------------------------------------

def config_test(*more, cwd: str = "/"):
    return subprocess.run(["bearerauth", "config", "test", *more], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=cwd, check=False, timeout=30)


def owned(path: stage.Path, mode: int, group: str = "bearerauth") -> None:
    stage.shutil.chown(path, "root", group)
    path.chmod(mode)


@pytest.fixture
def mapped(spawned):
    """An issuer with a map, and a broker for each question."""
    path = stage.install_private(stage.CONFIG.parent / "people.map",
                                 f"{stage.OWN} alice alice\n")
    stage.write_config(issuers={stage.OWN: {
        "jwks_file": stage.OwnIssuer.jwks, "map_file": path}})
    yield path
    stage.write_config()
    path.unlink()


@pytest.mark.parametrize("what,mode,group", [
    ("map", 0o600, "root"), ("map", 0o640, "users"),
    ("map", 0o600, "bearerauth"), ("configuration", 0o600, "root"),
    ("configuration", 0o640, "users"), ("directory", 0o700, "root")])
def test_PM_11_config_test_fails_where_the_broker_would(world, mapped, what,
                                                        mode, group):
    """Root can read it, and that is no help."""
    path = {"map": mapped, "configuration": stage.CONFIG,
            "directory": stage.CONFIG.parent}[what]
    before = path.stat()
    token = world.own.token("alice")
    owned(path, mode, group)
    try:
        r = config_test()
        assert r.returncode == 4, r.stdout
        assert f"{path}" in r.stdout and "chmod 0" in r.stdout, r.stdout
        assert "ok: " not in r.stdout
        for r in (check(token), by_claims(of_alice())):
            assert r.returncode == 4, r.stdout
            assert "accepted" not in r.stdout
        assert not stage.pam("stage", "alice", token).ok
    finally:
        stage.os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode & 0o7777)
    r = config_test()
    assert r.returncode == 0, r.stdout
    assert check(token).returncode == 0
    assert by_claims(of_alice()).returncode == 0
    assert stage.pam("stage", "alice", token).ok


@pytest.mark.parametrize("mode,group,why", [
    (0o600, "root", "may not be read by this user"),
    (0o640, "root", "may not be read by this user"),
    (0o644, "bearerauth", "may be read by others"),
    (0o660, "bearerauth", "may be written by group or others")])
def test_JWK_09_secrets_as_the_broker_reads_them(world, spawned, mode, group,
                                                 why):
    """The broker starts without them, and nobody enters: a note."""
    iss = "https://shared.example.test"
    secret = stage.install_private(
        stage.CONFIG.parent / "shared.jwk", json.dumps({
            "kty": "oct", "k": mint.b64(b"z" * 32)}))
    stage.write_config({"stage": {**stage.default_services()["stage"],
                                  "issuer": iss}},
                       {iss: {"symmetric_key_file": secret,
                              "ca_file": None}})
    token = mint.sign_hmac({"alg": "HS256", "typ": "at+jwt"},
                           {**of_alice(), "iss": iss}, b"z" * 32)
    try:
        r = config_test()
        assert r.returncode == 0 and f"{secret}: " not in r.stdout, r.stdout
        assert check(token, name="stage").returncode == 0
        assert stage.pam("stage", "alice", token).ok
        owned(secret, mode, group)
        r = config_test()
        assert r.returncode == 0 and f"{secret}: {why}" in r.stdout, r.stdout
        assert check(token, name="stage").returncode == 3
        assert not stage.pam("stage", "alice", token).ok
    finally:
        secret.unlink()
        stage.write_config()


DEVICE = {"client_id": "me", "client_auth": "none",
          "device_authorization_endpoint": f"{stage.OWN}/device",
          "token_endpoint": f"{stage.OWN}/token"}


def of_service(**values) -> None:
    stage.write_config({"desk": {**stage.default_services()["stage"],
                                 "issuer": stage.OWN, **values}},
                       {stage.OWN: {"jwks_file": stage.OwnIssuer.jwks,
                                    **(DEVICE if "device_issuer" in values
                                       else {})}})


def test_DEV_config_test_tells_of_the_device_flow(world):
    """What it is, and what would be waited for in vain."""
    too_long, no_scope = "device_timeout is long: sshd", "does not ask for it"
    try:
        of_service(device_issuer=stage.OWN, require_scope="login",
                   device_network="192.0.2.0/24", qr="no")
        r = config_test()
        assert r.returncode == 0, r.stdout
        assert f"flow as client me, by {stage.OWN}/device\n" in r.stdout
        assert f"device flow of {stage.OWN}, 100 s; QR code never" in r.stdout
        assert "device flow from networks 192.0.2.0/24\n" in r.stdout
        assert "note: login: this scope is required" in r.stdout
        assert no_scope in r.stdout and too_long not in r.stdout
        text = stage.CONFIG.read_text()
        stage.install_config(text.replace(
            "client_id = me\n", "client_id = me\ndevice_scope = a login\n"
        ).replace("qr = no\n", "device_timeout = 101\n"))
        r = config_test()
        assert r.returncode == 0, r.stdout
        assert no_scope not in r.stdout and too_long in r.stdout, r.stdout
    finally:
        stage.write_config()


@pytest.mark.parametrize("rhost,words", [
    (("--rhost", "192.0.2.9"), f"{stage.OWN}\n"),
    (("--rhost", "198.51.100.1"), "but not from this address\n"),
    ((), "but not without an address\n")])
def test_DEV_from_where_the_device_flow(world, rhost, words):
    try:
        of_service(device_issuer=stage.OWN, device_network="192.0.2.0/24")
        r = by_claims(of_alice(), *rhost, name="desk")
        line = "the service has the device flow, of "
        assert line in r.stdout and words in r.stdout.split(line)[1], r.stdout
        assert line not in by_claims(of_alice()).stdout
    finally:
        stage.write_config()


@pytest.mark.parametrize("policy,user,code,words", [
    ("shared", "alice", 0, "accepted as alice"),
    ("shared", "sales", 0, "shared: the mailbox is theirs, too"),
    ("shared", "info", 2, "shared: the mailbox is not listed for them"),
    ("proxy", "info", 0, "proxy: the server itself decides"),
    ("equal", "sales", 2, "USER_MISMATCH")])
def test_SA_06_whom_a_SASL_client_may_be(world, policy, user, code, words):
    shared = {"shared_claim": "boxes"} if policy == "shared" else {}
    try:
        of_service(accounts="virtual", authzid=policy, **shared)
        r = by_claims(of_alice(boxes=["sales"]), user=user, name="desk")
        assert r.returncode == code and words in r.stdout, r.stdout
        if code == 0:
            assert f"would be accepted as {user} until" in r.stdout
        elif policy == "shared":
            assert "verdict: not allowed: AUTHZID" in r.stdout
    finally:
        stage.write_config()


def test_a_relative_path_is_of_where_we_were(world):
    stage.write_config()
    etc = str(stage.CONFIG.parent)
    r = config_test("--config", stage.CONFIG.name, cwd=etc)
    assert r.returncode == 0, r.stdout
    r = config_test("--config", stage.CONFIG.name)
    assert r.returncode == 4 and f"/{stage.CONFIG.name}" in r.stdout


def test_a_descriptor_of_the_shell_is_a_claims_file(world):
    """Root's other descriptors are closed, this one is kept."""
    stage.write_config()
    path = claims_file(of_alice())
    command = ("bearerauth check --service sshd --user alice --claims "
               f"<(cat {path})")
    for more in ("", " <&-", " 3</dev/null 4</dev/null"):
        r = subprocess.run(["bash", "-c", command + more], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           env=stage.ENV, check=False, timeout=30)
        assert r.returncode == 0, r.stdout
        assert "verdict: would be accepted as alice" in r.stdout


def test_PM_11_root_reads_no_map_to_learn_where_to_listen(world, mapped):
    """A service: it is parsed by the broker's user and by nobody else."""
    out = stage.RUN / "strace-service"
    stage.remove_sockets()
    with stage.Server(
            "bearerauthd", ["strace", "-D", "-f", "-qq", "-o", str(out), "-e",
                            "trace=openat,setresuid,epoll_wait",
                            stage.BROKER, "--log", "syslog"],
            lambda: out.exists() and "epoll_wait(" in out.read_text()):
        assert stage.pam("stage", "alice", world.own.token("alice")).ok
    stage.remove_sockets()
    trace = out.read_text()
    dropped = trace.index("setresuid(")
    assert trace.index(f'"{stage.CONFIG}"') < dropped
    assert trace.count(f'"{mapped}"') == 1
    assert trace.index(f'"{mapped}"') > dropped


# --- another time ------------------------------------------------------------

def test_as_of(world, either):
    token = world.op.token("alice")
    exp = mint.parts(token)[1]["exp"]
    for when, code in ((exp - 1, 0), (exp + 4, 0), (exp + 5, 1),
                       (int(time.time()), 0), (1, 1)):
        r = check(token, "alice", "sshd", "--as-of", str(when))
        assert r.returncode == code, r.stdout
        said = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
        assert f"note: judged as of {said}, not as of now" in r.stdout
        r = check(token, "alice", "sshd", "--as-of", said)
        assert r.returncode == code, r.stdout
        r = by_claims(mint.parts(token)[1], "--as-of", said)
        assert r.returncode == code, r.stdout
    assert "judged as of" not in check(token).stdout


def test_an_expired_token_as_of_then(world):
    stage.write_config()
    token = world.own.sign(of_alice(iat=1795435000, exp=1795435600))
    now = check(token)
    if time.time() > 1795435600:
        assert now.returncode == 1 and " EXP " in now.stdout
    r = check(token, "alice", "sshd", "--as-of", "2026-11-23T12:00:00Z")
    assert r.returncode == 0, r.stdout
    r = check(token, "alice", "sshd", "--as-of", "2036-11-23T12:00:00Z")
    assert r.returncode == 1 and " EXP " in r.stdout


def test_keys_are_asked_for_by_the_real_clock(world):
    """Ten years on the keys have not aged, and nothing odd is left behind."""
    stage.write_config()
    stage.forget_store()
    stage.remove_sockets()
    world.op.forget_requests()
    token = world.op.token("alice")
    for when in ("2036-11-23T12:00:00Z", "1971-01-01T00:00:00Z"):
        r = check(token, "alice", "sshd", "--as-of", when)
        assert r.returncode == 1, r.stdout
        assert results(r.stdout)["signature"] == "ok"
    assert check(token).returncode == 0
    assert len(world.op.requests()) == 2
    assert stage.pam("stage", "alice", token).ok
    assert len(world.op.requests()) == 2


def test_no_secret_is_shown_TOK_06(world):
    """Neither a shared secret nor a token's piece, whatever is asked."""
    secret = stage.install_private(
        stage.CONFIG.parent / "shared.jwk", json.dumps({
            "kty": "oct", "k": mint.b64(b"z" * 32)}))
    iss = "https://shared.example.test"
    stage.write_config({"sshd": {**stage.default_services()["sshd"],
                                 "issuer": iss}},
                       {iss: {"symmetric_key_file": secret,
                              "ca_file": None}})
    token = mint.sign_hmac({"alg": "HS256", "typ": "at+jwt"},
                           {**of_alice(), "iss": iss}, b"z" * 32)
    for t, code in ((token, 0), (token[:-4] + "AAAA", 1)):
        r = check(t)
        assert r.returncode == code, r.stdout
        assert mint.b64(b"z" * 32) not in r.stdout
        assert not [x for x in t.split(".") if x[:24] in r.stdout]
    stage.write_config()
    secret.unlink()
