# SPDX-License-Identifier: BSD-2-Clause
"""Logins by the device flow (RFC 8628) through real hosts and two real
providers: approved, denied, expired, slowed, abandoned, by the wrong person."""
import concurrent.futures
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

import device
import glewlwyd as gl
import stage
from device import HOSTS, Session, qr, screen

INTERVAL = 1            # s, as the provider is told to say
AUTH_ERR = "Authentication failure"
PERM_DENIED = "Permission denied"


@pytest.fixture(scope="module", name="op")
def op_fixture(world):
    with device.DeviceProvider() as server:
        server.said()
        yield server


@pytest.fixture(scope="module", autouse=True)
def stacks(world):
    s = device.Stacks("device")
    yield s
    s.restore()
    stage.write_config()


@contextlib.contextmanager
def brokers(how: str = "service", url: str = device.ISSUER, **more):
    """As a service, or none: then root's programs spawn one."""
    stage.remove_sockets()
    stage.forget_store()
    device.configure(url, **more)
    if how == "spawned":
        yield None
        return
    with stage.Broker() as b:
        yield b


@pytest.fixture
def fresh(op):
    """The provider, as it likes to be asked; nobody has asked yet."""
    op.said()
    op.forget_requests()
    return op


both = pytest.mark.parametrize("how", ["service", "spawned"])


def errors(audit) -> list[str]:
    return re.findall(r"\berror=(\S+)", audit.text())


def polls(op) -> int:
    return len(op.asked("/token"))


def wait_for_polls(op, n: int) -> None:
    stage.wait_for(f"{n} polls", lambda: polls(op) >= n, 10)


# --- what the user sees -----------------------------------------------------

def judge_scene(text: str, host: str) -> None:
    """Whose login it is."""
    text = device.words(text)
    assert "stage" in text and "alice" in text
    assert {"ssh": "sshd"}.get(host, host) in text
    assert ("127.0.0.1" in text.replace("@127.0.0.1", "")) == (host == "ssh")
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", text)


def judge_screen(s: Session, host: str) -> str:
    """All of it in view at a time; what the picture says."""
    # Below a text that is no prompt stands the cursor.
    in_view = "\n".join(screen(s.shown))
    assert "\x1b" not in s.shown
    judge_scene(in_view, host)
    assert ("Only approve a login that you have begun yourself, just now."
            in device.words(in_view))
    below = in_view.split("\n")[-6:]
    assert any(s.url in x for x in below) and any(s.code in x for x in below)
    assert s.url == device.ISSUER + "/device"
    assert len(device.qr_lines(in_view)) > 15
    return qr(in_view)


def judge_texts(s: Session, host: str, asked: str) -> None:
    """Before and beside the code."""
    judge_scene(asked, host)
    assert "\x1b" not in asked
    assert "give the code to nobody" in device.words(asked)
    assert judge_screen(s, host) == s.url   # and not with the code in it


@both
@pytest.mark.parametrize("host", HOSTS)
def test_approved_DEV_01_DEV_06_DEV_08_DEV_09_V26_V41(fresh, how, host, audit):
    """In, and not before somebody approved it who is that user."""
    with brokers(how):
        s = Session(host)
        asked = s.asks()
        assert fresh.asked() == []      # a person must be there first
        s.press()
        s.shown = s.read(
            re.escape(device.DONE) + "$" if s.held else
            device.CODE + r"[^\n]*\n")
        s.url = re.findall(r"https://\S+", s.shown)[-1]
        s.code = re.findall(device.CODE, s.shown)[-1]
        judge_texts(s, host, asked)
        wait_for_polls(fresh, 1)
        if s.held:
            text = s.again()
            assert s.url in text and s.code in text
            assert not device.qr_lines(text)
        assert s.child.isalive() and stage.ACCEPTED not in s.text
        fresh.agree(s, "alice")
        r = s.end()
        assert r.ok, r.text
        assert "verdict=accepted" in audit.text()
        times = fresh.asked("/token")
        gaps = [b - a for a, b in zip(times, times[1:])]
        assert all(g > INTERVAL - 0.05 for g in gaps), gaps
        assert times[0] - fresh.asked("/device/auth")[0] > INTERVAL - 0.05


def test_two_at_a_time_do_not_mix_DEV_06(fresh):
    with brokers():
        a, b = Session("ssh").begin(), Session("ssh").begin()
        assert a.code != b.code
        fresh.agree(b, "alice")
        r = b.end()
        assert r.ok, r.text
        wait_for_polls(fresh, 3)
        a.again()                       # nobody has approved this one
        fresh.agree(a, "alice")
        assert a.end().ok


def test_legible_in_the_locale_C_DEV_01(fresh):
    """ssh writes what is not ASCII as it can; URL and code are ASCII."""
    with brokers():
        s = Session("ssh", env={"LANG": "C", "LC_ALL": "C"}).begin()
        fresh.agree(s, "alice")
        assert s.end().ok


@pytest.mark.parametrize("values, code", [
    ({}, "page"), ({"qr": "yes"}, "page"), ({"qr": "no"}, None),
    ({"device_complete_uri": "yes", "qr": "yes"}, "complete"),
    ({"device_complete_uri": "no"}, "page")], ids=lambda x: "-".join(
        f"{k}={v}" for k, v in x.items()) if isinstance(x, dict) else x)
def test_complete_uri_only_where_configured_DEV_08_V41(fresh, values, code):
    """With it one scan is enough to approve: the code is shown all the same."""
    with brokers(**values):
        s = Session("stage").begin()
        said = {"page": s.url, None: None,
                "complete": f"{s.url}?user_code={s.code}"}[code]
        assert qr(s.shown) == said
        assert s.url == device.ISSUER + "/device" and s.code in s.shown
        s.kill()


@pytest.mark.parametrize("host", HOSTS)
def test_longer_url_in_view_DEV_08_DEV_09(fresh, host):
    """Of 55 bytes, for which there is no room but beside the words."""
    with brokers(device_complete_uri="yes"):
        s = Session(host).begin()
        said = f"{s.url}?user_code={s.code}"
        assert len(said) > 53
        assert judge_screen(s, host) == said
        s.kill()


# --- how it can end -----------------------------------------------------------

@both
@pytest.mark.parametrize("host", ["ssh", "su"])
def test_denied_DEV_04(fresh, how, host, audit):
    with brokers(how):
        s = Session(host).begin()
        fresh.agree(s, "alice", deny=True)
        r = s.end()
        assert not r.ok
        # sshd keeps it for a next prompt, and there is none.
        assert s.held or "The login was denied" in r.text
        n = polls(fresh)
        assert errors(audit) == ["DEVICE_DENIED"]
        time.sleep(INTERVAL + 0.5)
        assert polls(fresh) == n


def let_expire(fresh, audit, life: float) -> None:
    """By ssh and by su at a time: each ends then, and no poll comes after."""
    sessions = [Session(h).begin() for h in ("ssh", "su")]
    given = fresh.asked("/device/auth")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        ends = list(pool.map(Session.end, sessions))
    assert "The code has expired" in ends[1].text
    for r in ends:
        assert not r.ok
        assert life - 0.5 < r.seconds < life + 3
    assert errors(audit) == ["DEVICE_EXPIRED"] * 2
    assert max(fresh.asked("/token")) < max(given) + life + INTERVAL


@both
def test_expired_DEV_02_DEV_04(fresh, how, audit):
    """Never asked beyond expires_in; ssh and su at once."""
    fresh.said(expires=4)
    with brokers(how):
        let_expire(fresh, audit, 4)


def test_no_longer_than_the_service_allows_DEV_02(fresh, audit):
    """device_timeout ends it, though the code would live for minutes."""
    fresh.said(interval=4, expires=300)
    with brokers(device_timeout=30):
        let_expire(fresh, audit, 30)


@both
def test_approved_by_the_wrong_person_DEV_06_DEV_07(fresh, how, audit):
    with brokers(how):
        s = Session("ssh").begin()
        fresh.agree(s, "bob")
        r = s.end()
        assert not r.ok and "bob" not in r.text
        assert errors(audit) == ["USER_MISMATCH"]
        twin = Session("ssh").begin()
        fresh.agree(twin, "alice")
        assert twin.end().ok


@pytest.mark.parametrize("values", [
    {"require_scope": "login directory"}, {"require_group": "nobody"}],
    ids=lambda x: next(iter(x)))
def test_rules_are_for_this_token_too_DEV_07(fresh, values, audit):
    """A token came, by a person who is who they say: and yet not here."""
    with brokers(**values):
        s = Session("stage").begin()
        fresh.agree(s, "alice")
        r = s.end()
        assert not r.ok and (PERM_DENIED in r.text or AUTH_ERR in r.text)
        assert errors(audit) in (["SCOPE"], ["GROUP"])


def test_provider_gone_half_way_DEV_05(fresh):
    """Silent for a while, and asked again."""
    fresh.said(expires=15)
    with brokers():
        s = Session("su").begin()
        wait_for_polls(fresh, 1)
        fresh.send(signal.SIGSTOP)
        time.sleep(3)
        assert s.child.isalive()
        fresh.send(signal.SIGCONT)
        fresh.agree(s, "alice")
        assert s.end().ok


def test_provider_dead_half_way_DEV_05(world):
    """The login ends with its code, and nobody is told that it was denied."""
    with device.DeviceProvider(4601) as op:
        op.said(expires=6)
        with brokers(url=op.issuer):
            sessions = [Session(h).begin() for h in ("ssh", "su")]
            op.stop(signal.SIGKILL)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                ends = list(pool.map(Session.end, sessions))
            for r in ends:
                assert not r.ok and r.seconds < 10
                assert "login was denied" not in r.text


# --- Glewlwyd -----------------------------------------------------------------

def glewlwyd_brokers(server, how: str):
    path = stage.install_private(device.askers.ETC / "glewlwyd.secret",
                                 gl.SECRET + "\n")
    return brokers(how, server.issuer, of_issuer={
        "client_id": gl.CLIENT, "client_secret_file": path,
        "device_resource": gl.AUDIENCE, "audience": gl.AUDIENCE})


def test_glewlwyd_approved_DEV_06(glewlwyd, audit):
    with glewlwyd_brokers(glewlwyd, "service"):
        s = Session("ssh").begin()
        assert s.url == glewlwyd.issuer + "/device"
        glewlwyd.approve(s.code, "alice")
        r = s.end()
        assert r.ok, r.text
        wrong = Session("su").begin()
        glewlwyd.approve(wrong.code, "bob")
        assert not wrong.end().ok
        assert errors(audit)[-1] == "USER_MISMATCH"


def test_glewlwyd_slows_us_down_DEV_03(glewlwyd):
    """Its own slow_down: five seconds more before the next poll."""
    with glewlwyd_brokers(glewlwyd, "spawned"):
        s = Session("ssh").begin()
        begun = glewlwyd.last_polls()[-1]
        glewlwyd.too_soon(3)            # the first poll is too soon
        ahead = glewlwyd.last_polls()[-1]
        assert ahead > begun
        slowed = stage.wait_for("a poll", lambda: [
            x for x in glewlwyd.last_polls()[-1:] if x != ahead])[0]
        glewlwyd.approve(s.code, "alice")
        r = s.end()
        assert r.ok, r.text
        # Whole seconds, cut off.
        assert time.time() - slowed > gl.DEVICE_INTERVAL + 5 - 0.1
        assert time.time() - slowed < gl.DEVICE_INTERVAL + 5 + 2


# --- abandoned -----------------------------------------------------------------

def nothing_left(how: str) -> bool:
    """No process of a login; of a service only itself and its helper."""
    brokers_now = len(stage.running(stage.BROKER))
    sshds = subprocess.run(["pgrep", "-c", "-x", "sshd"], text=True,
                           stdout=subprocess.PIPE, check=False).stdout
    return brokers_now == (how == "service") and int(sshds) == 1


@both
@pytest.mark.parametrize("host", HOSTS)
def test_abandoned_while_polling_DEV_12(fresh, how, host):
    """The client is killed; the provider hears once more at the most."""
    with brokers(how):
        s = Session(host).begin()
        wait_for_polls(fresh, 1)
        n = polls(fresh)
        s.kill()
        time.sleep(2.5 * INTERVAL)
        assert polls(fresh) <= n + 1
        stage.wait_for("no process is left", lambda: nothing_left(how), 3)
        assert polls(fresh) <= n + 1


@both
def test_abandoned_at_the_first_prompt_DEV_12(fresh, how):
    """Hosts of all kinds, at once; nobody was ever contacted."""
    with brokers(how):
        for s in [Session(h) for h in (*HOSTS, "stage")]:
            s.asks()
            s.kill()
        stage.wait_for("no process is left", lambda: nothing_left(how), 3)
        assert fresh.asked() == []


@both
def test_hung_up_and_interrupted_DEV_12(fresh, how):
    """The terminal goes; Ctrl-C is pressed (sudo holds that back while PAM is
    at it)."""
    with brokers(how):
        for s in [Session(h).begin() for h in HOSTS]:
            s.child.ptyproc.delayafterclose = 0
            with contextlib.suppress(pexpect.ExceptionPexpect):
                s.child.close(force=False)
        for s in [Session(h).begin() for h in ("ssh", "su")]:
            s.child.sendintr()
            s.child.expect(pexpect.EOF)
        n = polls(fresh)
        time.sleep(2.5 * INTERVAL)
        assert polls(fresh) <= n + 5
        stage.wait_for("no process is left", lambda: nothing_left(how), 3)


def test_approved_after_it_was_abandoned_DEV_12(fresh, audit):
    """Whoever approves it then, lets nobody in."""
    with brokers():
        s = Session("ssh").begin()
        s.kill()
        time.sleep(0.3)
        fresh.agree(s, "alice")
        time.sleep(INTERVAL + 0.5)
        assert "verdict=accepted" not in audit.text()


# --- who is not asked, and whom nobody asks ---------------------------------------

def refused_at_the_prompt(s: Session) -> stage.Login:
    """Enter is pressed at the first prompt, where there is one."""
    i = s.child.expect([re.escape(device.ASK) + "$", pexpect.EOF])
    s.text = s.child.before
    if i == 0:
        s.press()
        s.read(pexpect.EOF)
    assert not re.search(device.CODE, s.text)
    return s.close()


@both
def test_unknown_user_DEV_09_V37(fresh, how, audit):
    """The same prompt as for a known one; the provider hears nothing."""
    with brokers(how):
        known, unknown = Session("ssh"), Session("ssh", "mallory")
        texts = [re.sub("alice|mallory", "USER", s.asks())
                 for s in (known, unknown)]
        assert texts[0] == texts[1]
        known.kill()
        unknown.press()
        # ssh asks as often as the server lets it; never for a code.
        unknown.read(pexpect.EOF)
        assert not unknown.close().ok
        r = refused_at_the_prompt(Session("stage", "mallory"))
        assert not r.ok
        assert fresh.asked() == []
        assert "UNKNOWN_USER" in errors(audit)


@pytest.mark.parametrize("user", ["root", "daemon"])
def test_system_accounts_DEV_09_V37(fresh, user):
    """Nobody is asked to approve a login of theirs."""
    with brokers():
        assert not refused_at_the_prompt(Session("stage", user)).ok
        assert fresh.asked() == []


def test_only_from_these_networks_DEV_09_DEV_10(fresh, audit):
    """Not where the browser may be on the same device: no address, no code."""
    with brokers(device_network="127.0.0.0/8 ::1"):
        r = refused_at_the_prompt(Session("su"))
        assert not r.ok and PERM_DENIED in r.text
        assert fresh.asked() == [] and errors(audit) == ["DEVICE"]
        s = Session("ssh").begin()
        fresh.agree(s, "alice")
        assert s.end().ok
    fresh.forget_requests()
    with brokers(device_network="192.0.2.0/24"):
        assert not refused_at_the_prompt(Session("ssh")).ok
        assert fresh.asked() == []


def test_only_where_it_is_configured_DEV_09(fresh, audit):
    stage.write_pam("brief", "method=device")
    with brokers():
        assert not refused_at_the_prompt(Session("brief")).ok
        assert fresh.asked() == [] and errors(audit) == ["DEVICE"]
        Session("stage").begin().kill()
    stage.write_pam("brief", "deadline=2", "deadline=2")


def try_pam(user: str, rhost: str) -> bool:
    """Did a code come?"""
    s = Session("stage", user, argv=[
        "pamtester", "-I", f"rhost={rhost}", "stage", user, "authenticate"])
    s.asks()
    s.press()
    i = s.child.expect([device.CODE, pexpect.EOF])
    s.kill()
    return i == 0


@both
def test_limits_of_user_and_address_DEV_09_V37(fresh, how, audit):
    """Counted together by all brokers; others are not kept out."""
    with brokers(how, device_limit_user=2, device_limit_address=3):
        assert try_pam("alice", "192.0.2.1")
        assert try_pam("alice", "192.0.2.2")
        assert not try_pam("alice", "192.0.2.3")    # a third of hers
        assert try_pam("bob", "192.0.2.4")
        assert try_pam("bob", "192.0.2.5")
        assert len(fresh.asked("/device/auth")) == 4
    with brokers(how, device_limit_user=100, device_limit_address=2):
        fresh.forget_requests()
        assert try_pam("alice", "192.0.2.1")
        assert try_pam("bob", "192.0.2.1")
        assert not try_pam("carol", "192.0.2.1")    # a third from there
        assert try_pam("carol", "192.0.2.2")
        assert len(fresh.asked("/device/auth")) == 3
        assert errors(audit).count("DEVICE_LIMIT") == 2


# --- where nobody can be asked ------------------------------------------------------

def quickly(argv: list[str], **more) -> tuple[int, str]:
    start = time.monotonic()
    r = subprocess.run(argv, text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, env=stage.ENV, timeout=20,
                       check=False, **more)
    assert time.monotonic() - start < 3
    return r.returncode, r.stdout


def no_terminal(argv: list[str]) -> tuple[int, str]:
    return quickly(argv, stdin=subprocess.DEVNULL, start_new_session=True)


@both
def test_nobody_can_be_asked_DEV_09_V37(fresh, how):
    """Cron and the like: declined at once, and the provider knows nothing."""
    with brokers(how):
        for argv in (device.argv_of("su"), device.argv_of("stage"),
                     stage.as_user("alice", ["sudo", "-n", "-k", "id"]),
                     stage.as_user("alice", ["sudo", "-k", "id"]),
                     stage.as_user("carol", stage.ssh_argv(
                         "alice", "-o", "BatchMode=yes"))):
            code, text = no_terminal(argv)
            assert code != 0 and stage.ACCEPTED not in text, argv
            assert "uid=" not in text
        assert fresh.asked() == []


@both
def test_sshd_password_method_DEV_09_V37(fresh, how):
    """It answers prompts itself, and cannot answer ours."""
    server = stage.start_sshd("PasswordAuthentication yes",
                              "KbdInteractiveAuthentication no", port=2222)
    with server, brokers(how):
        argv = ["ssh", "-F", "none", "-p", "2222", "-o",
                "StrictHostKeyChecking=no", "-o",
                "UserKnownHostsFile=/dev/null", "-o",
                "PreferredAuthentications=password", "-o",
                "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR",
                "alice@127.0.0.1", stage.SAY_WHO]
        for word in ("", "something"):
            start = time.monotonic()
            r = stage.dialogue(stage.as_user("carol", argv), [word])
            assert len(r.prompts) == 1 and "password: " in r.prompts[0]
            assert not r.ok and device.ASK not in r.text
            assert time.monotonic() - start < 5
        assert fresh.asked() == []


DOVECOT = """\
base_dir = {0}/run
state_dir = {0}/state
log_path = {0}/log
protocols =
ssl = no
auth_failure_delay = 0
passdb {{
  driver = pam
  args = max_requests=1 dovecot
}}
userdb {{
  driver = passwd
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


@both
def test_dovecot_answers_by_itself_DEV_09_V37(fresh, how):
    """With the user's name, to whatever is asked with echo."""
    home = stage.RUN / "dovecot-device"
    home.mkdir(exist_ok=True)
    (home / "conf").write_text(DOVECOT.format(home))
    stage.write_pam("dovecot", "method=device")
    server = stage.Server(
        "dovecot", ["/usr/sbin/dovecot", "-F", "-c", str(home / "conf")],
        lambda: (home / "run/auth-userdb").exists())
    with server, brokers(how):
        for word in ("something", "alice", " "):
            code, text = quickly([
                "doveadm", "-c", str(home / "conf"), "auth", "test", "alice",
                word])
            assert code != 0 and "auth failed" in text, text
        assert fresh.asked() == []


@pytest.mark.parametrize("word", ["alice", " ", "y", "eyJhbGciOiJub25lIn0"])
def test_only_an_empty_line_begins_DEV_09_V37(fresh, word, audit):
    with brokers():
        s = Session("stage")
        s.asks()
        s.press(word)
        s.read(pexpect.EOF)
        assert not s.close().ok and not re.search(device.CODE, s.text)
        assert fresh.asked() == []


# --- method = auto -------------------------------------------------------------------

AUTO = r"OAuth token, or Enter to use a web browser: $"


@both
def test_auto_takes_either_PM_DEV_09(fresh, how, stacks):
    """One prompt: a token, or Enter; and a token never goes to a browser."""
    stacks.write("auto")
    try:
        with brokers(how):
            for host in HOSTS:
                r = login_by_token(host, fresh.token("alice"))
                assert r.ok, r.text
                r = login_by_token(host, fresh.token("bob"))
                assert not r.ok
            assert fresh.asked("/device/auth") == []
            sessions = []
            for host in HOSTS:
                s = Session(host)
                s.read(AUTO)
                s.press()
                sessions.append(s.begin())
                fresh.agree(s, "alice")
            for s in sessions:
                r = s.end()
                assert r.ok, r.text
    finally:
        stacks.write("device")


def login_by_token(host: str, token: str) -> stage.Login:
    size = {"ssh": 1023, "su": 4095, "sudo": 511}[host]
    s = Session(host)
    s.read(AUTO)
    for part in stage.pieces(token, size):
        s.press(part)
        if s.child.expect([r"part \d+: $", pexpect.EOF]):
            break
    else:
        s.press()
        s.child.expect(pexpect.EOF)
    s.text += s.child.before
    return s.close()


# --- who must not know ---------------------------------------------------------------

def test_zz_codes_are_nowhere_DEV_11(fresh):
    """Neither code is in a log, in the store, or in anybody's arguments or
    environment; the device code is not shown either."""
    with brokers():
        sessions = [Session(h).begin() for h in HOSTS]
        told = ""
        for p in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    told += (p / name).read_bytes().decode(errors="replace")
        for s in sessions:
            fresh.agree(s, "alice")
            assert s.end().ok
    told += stage.syslog_since(0) + "".join(
        p.read_bytes().decode(errors="replace")
        for p in stage.STORE.iterdir())
    told += (stage.LOGS / "bearerauthd.log").read_text() if (
        stage.LOGS / "bearerauthd.log").exists() else ""
    for s in sessions:
        assert s.code not in told and s.code.replace("-", "") not in told
        assert len(re.findall(r"[\w-]{43}", s.text)) == 0
