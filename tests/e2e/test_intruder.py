# SPDX-License-Identifier: BSD-2-Clause
"""What somebody tries who wants in, or at least to hurt.

Each attack stands beside the same steps without it, which must go well.
"""
import ctypes
import os
import pwd
import socket
import time

import pytest

import mint
import stage
import wire
from stage import ASK, CONTROL, call_as

STORE_FULL_ASKS = 1500      # more than the file's 64 MiB hold of the fat ones


def uid_of(user: str) -> int:
    return pwd.getpwnam(user).pw_uid


def reload() -> None:
    """Have the configuration read again, and wait for it."""
    with wire.Conversation(str(CONTROL)) as c:
        c.send(wire.CONTROL, command="reload")
        assert c.receive()[1]["family"] == wire.OK


def ask_sshd(token: str, **more) -> int:
    return wire.ask(str(ASK), "sshd", token, user="alice",
                    uid=uid_of("alice"), **more)[0]


def account_sshd(login: str) -> int:
    with wire.Conversation(str(ASK)) as c:
        c.send(wire.ACCOUNT, id=login, service="sshd", user="alice",
               uid=uid_of("alice"), deadline=5000, can_prompt=0)
        return c.receive()[1]["family"]


def logins_as_mail_server(token: str, count: int, login: str | None) -> list:
    """SMTP logins by the wire, each with a uid as only PAM has one."""
    uid = uid_of("alice")
    more = {} if login is None else {"id": login}
    return [wire.ask(str(ASK), "smtp", token, user="alice", uid=uid,
                     **more)[0] for _ in range(count)]


# --- records of logins ------------------------------------------------------

@pytest.mark.parametrize("attack", [False, True])
def test_V51_a_peer_cannot_overwrite_roots_login(world, service, attack):
    """The client makes the id: another's must not be taken for its own."""
    token, login = world.own.token("alice"), os.urandom(16).hex()
    assert ask_sshd(token, id=login) == wire.OK
    theirs = login if attack else None
    call_as("postfix", logins_as_mail_server, token, 1, theirs)
    assert account_sshd(login) == wire.OK


@pytest.mark.parametrize("count", [10, 4200])
def test_V49_a_peer_cannot_push_out_roots_login(world, service, count):
    """4096 records have a place: they must not all be one user's."""
    token, login = world.own.token("alice"), os.urandom(16).hex()
    assert ask_sshd(token, id=login) == wire.OK
    verdicts = call_as("postfix", logins_as_mail_server, token, count, None)
    assert set(verdicts) == {wire.OK}
    assert account_sshd(login) == wire.OK


def ask_spawned(token: str) -> int:
    """The broker as a module spawns it: one question on descriptor 3."""
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        pid = os.fork()
        if pid == 0:
            os.dup2(there.fileno(), 3)
            os.set_inheritable(3, True)
            os.execv(stage.BROKER, [stage.BROKER, "--spawned"])
        there.close()
        here.sendall(wire.frame(wire.ASK, wire.ask_fields(
            "su", token, user="alice", uid=uid_of("alice"))))
        with here.makefile("rb") as f:
            data = f.read()
        os.waitpid(pid, 0)
    return wire.parse(data[4:])[1]["family"]


def test_V49_one_users_logins_do_not_fill_the_store(world, spawned):
    """What alice leaves behind must not keep bob out for 15 minutes."""
    stage.forget_store()
    assert stage.su("bob", world.own.token("bob")).ok
    for size, count in ((47000, STORE_FULL_ASKS), (3000, 300), (0, 1500)):
        token = world.own.token("alice", pad="x" * size)
        for _ in range(count):
            assert ask_spawned(token) == wire.OK
    logins = [stage.su("bob", world.own.token("bob")).ok for _ in range(3)]
    stage.forget_store()
    assert all(logins)


@pytest.mark.parametrize("number", ["1", "1e99"])
def test_V32_numbers_do_not_outgrow_the_record(world, service, number):
    """1e99 is written back as 9.9999999999999997e98."""
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "own-1"}
    claims = mint.json.dumps(mint.claims_for(
        stage.OWN, "alice", "urn:stage:rs256"))
    claims = f'{claims[:-1]}, "pad": [{",".join([number] * 5000)}]}}'
    text = (mint.b64(mint.json.dumps(header).encode()) + "." +
            mint.b64(claims.encode()))
    token = text + "." + mint.b64(
        mint.signature("RS256", world.own.key, text.encode()))
    login = os.urandom(16).hex()
    assert ask_sshd(token, id=login) == wire.OK
    assert account_sshd(login) == wire.OK


# --- keys -------------------------------------------------------------------

@pytest.mark.parametrize("warm", [False, True])
def test_TR02_V52_keys_had_under_one_ca_are_not_anothers(world, spawned,
                                                         warm):
    """A key set is only as good as the CA that vouched for it."""
    stage.forget_store()
    token = world.op.token("alice")
    if warm:
        assert stage.pam("stage", "alice", token).ok
    strange = stage.CONFIG.parent / "strange-ca.pem"
    mint.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                 f"{stage.RUN}/strange.key", "-out", str(strange), "-subj",
                 "/CN=strange")
    stage.write_config(issuers={stage.ISSUER: {"ca_file": strange}})
    accepted = stage.pam("stage", "alice", token).ok
    assert not accepted


# --- who may be whom --------------------------------------------------------

@pytest.mark.parametrize("uid,family", [(None, wire.OK),
                                        (0, wire.NOT_ALLOWED)])
def test_PM02_uid_0_not_by_accounts_virtual_either(world, service, uid,
                                                   family):
    """Another name of root's, and a PAM service that says "virtual"."""
    stage.write_config(services={"virtual": {"issuer": stage.OWN,
                                             "accounts": "virtual"}})
    reload()
    more = {} if uid is None else {"uid": uid}
    token = world.own.token("toor")
    assert wire.ask(str(ASK), "virtual", token, user="toor",
                    **more)[0] == family


@pytest.mark.parametrize("removed", [False, True])
def test_V48_an_open_prompt_does_not_outlive_its_service(world, service,
                                                         removed):
    """Who holds the prompt open must not pass by rules of yesterday."""
    confirm = {"issuer": stage.OWN, "confirm": "Really?"}
    stage.write_config(services={"confirm": confirm})
    reload()
    with wire.Conversation(str(ASK)) as c:
        c.send(wire.ASK, **{**wire.ask_fields(
            "confirm", world.own.token("alice"), user="alice",
            uid=uid_of("alice")), "can_prompt": 1})
        assert c.receive()[0] == wire.PROMPT
        stage.write_config(services={"confirm": None if removed
                                     else confirm})
        reload()
        c.send(wire.REPLY, text="yes")
        family = c.receive()[1]["family"]
    assert family == (wire.NOT_ALLOWED if removed else wire.OK)


# --- many users -------------------------------------------------------------

def hold(uid: int, count: int, until: float) -> int:
    """Connections of this uid, half a frame in each; a process's id."""
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        kept = []
        for _ in range(count):
            s = socket.socket(socket.AF_UNIX)
            s.connect(str(ASK))
            kept.append(s)
        time.sleep(max(0, until - time.monotonic()))
        os._exit(0)
    return pid


@pytest.mark.parametrize("users", [1, 30])
def test_V49_users_without_a_right_do_not_keep_a_peer_out(world, service,
                                                          users):
    """newuidmap(1) gives anybody 65536 uids, each with a quota of its own."""
    token = world.own.token("alice")
    children = [hold(300000 + i, 40, time.monotonic() + 1.5)
                for i in range(users)]
    time.sleep(0.8)
    try:
        verdict = call_as("postfix", wire.ask, str(ASK), "smtp", token)[0]
    except RuntimeError as e:
        verdict = str(e)
    for pid in children:
        os.waitpid(pid, 0)
    assert verdict == wire.OK


# --- log --------------------------------------------------------------------

@pytest.mark.parametrize("user", [
    "bob", 'bob", service "sshd", from 192.0.2.66, id none: x'])
def test_V21_a_users_name_is_no_other_word_of_the_modules_line(
        world, service, user):
    """Programs that read auth.log ban the first address after "from"."""
    mark = stage.syslog_mark()
    assert not stage.pam("stage", user, world.own.token("alice")).ok
    lines = [x for x in stage.syslog_since(mark).splitlines()
             if "pam_oauth2(" in x and "user" in x]
    assert lines
    for line in lines:
        outside = line.split('"')[0::2]
        assert not [x for x in outside if "192.0.2.66" in x]


def test_a_spawned_broker_warns_of_nothing_that_is_normal(world, spawned):
    mark = stage.syslog_mark()
    assert stage.su("alice", world.own.token("alice")).ok
    assert "max_connections" not in stage.syslog_since(mark)


# --- a host that changes items while the user is being asked ----------------

class Message(ctypes.Structure):
    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]


class Response(ctypes.Structure):
    _fields_ = [("text", ctypes.c_void_p), ("code", ctypes.c_int)]


CONV = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.POINTER(Message)),
    ctypes.POINTER(ctypes.POINTER(Response)), ctypes.c_void_p)
PAM_SERVICE, PAM_TTY, PAM_RHOST = 1, 3, 4


class Conversation(ctypes.Structure):
    _fields_ = [("conv", CONV), ("data", ctypes.c_void_p)]


def login_by_libpam(token: str, item: int | None) -> int:
    """pam_authenticate(); the item is set anew before the token is given."""
    pam, libc = ctypes.CDLL("libpam.so.0"), ctypes.CDLL(None)
    libc.calloc.restype = libc.strdup.restype = ctypes.c_void_p
    handle = ctypes.c_void_p()

    def converse(n, _messages, replies, _data):
        if item is not None:
            pam.pam_set_item(handle, item, b"changed-meanwhile")
        all_of_them = ctypes.cast(
            libc.calloc(n, ctypes.sizeof(Response)),
            ctypes.POINTER(Response))
        all_of_them[0].text = libc.strdup(token.encode())
        replies[0] = all_of_them
        return 0

    conv = Conversation(CONV(converse), None)
    assert pam.pam_start(b"stage", b"alice", ctypes.byref(conv),
                         ctypes.byref(handle)) == 0
    pam.pam_set_item(handle, PAM_RHOST, b"192.0.2.1")
    pam.pam_set_item(handle, PAM_TTY, b"pts/7")
    result = pam.pam_authenticate(handle, 0)
    pam.pam_end(handle, result)
    return result


@pytest.mark.parametrize("item", [None, PAM_SERVICE, PAM_TTY, PAM_RHOST])
def test_V40_items_changed_in_the_conversation_are_not_read_after_free(
        world, service, audit, item):
    result = login_by_libpam(world.own.token("alice"), item)
    assert result == 0
    line = audit.one()
    assert (line["service"], line["rhost"], line["tty"]) == (
        "stage", "192.0.2.1", "pts/7")
