# SPDX-License-Identifier: BSD-2-Clause
"""The issuer is asked about the token (RFC 7662): by every way to sign in, of
two real providers, through PAM hosts and SASL servers."""
import time
from pathlib import Path

import pytest

import askers
import glewlwyd as gl
import stage
import wire
from stage import ldap, pam, smtp, ssh, su, sudo

AUTH_ERR = "Authentication failure"
SERVICE_ERR = "Error in service module"
UNAVAIL = "Authentication service cannot retrieve authentication info"
OPAQUE = "urn:stage:opaque"
ASKED = "/token/introspection"
LOCAL = ("sshd", "su", "sudo", "stage")


def services_for(url: str) -> dict:
    """All of them, of this issuer alone, opaque tokens too."""
    out = {}
    for name, values in stage.default_services().items():
        out[name] = {**values, "issuer": url, "opaque_issuer": url}
    return out


def write_config(asker: askers.Asker, **more) -> None:
    stage.write_config(services_for(stage.ISSUER), {
        stage.ISSUER: asker.issuer(**{"audience": OPAQUE, **more})})


@pytest.fixture(params=["service", "spawned"])
def how(request, world):
    stage.remove_sockets()
    stage.forget_store()
    world.op.forget_requests()
    return request.param


@pytest.fixture
def broker(how):
    """Start it, or not, once the configuration is there."""
    started = []

    def start():
        if how == "service":
            started.append(stage.Broker())
        return how
    yield start
    for b in started:
        b.stop()
    stage.remove_sockets()


@pytest.fixture(scope="module")
def basic(world):
    return world.askers["client_secret_basic"]


@pytest.fixture
def running(world, basic):
    """The service, with the first way to sign in, and an empty store."""
    stage.remove_sockets()
    stage.forget_store()
    world.op.forget_requests()
    write_config(basic)
    with stage.Broker() as b:
        yield b


def asked(world) -> int:
    return world.op.requests().count(ASKED)


# --- opaque tokens ------------------------------------------------------------

@pytest.mark.parametrize("login", [ssh, su, sudo])
def test_opaque_by_a_PAM_host_INT_01(world, basic, broker, audit, login):
    write_config(basic)
    broker()
    token = world.op.token("alice", OPAQUE)
    assert len(token) < 64 and "." not in token
    r = login("alice", token)
    assert r.ok, r.text
    assert audit.lines()[-1]["verdict"] == "accepted"
    assert asked(world) == 1
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    r = login("alice", wrong)
    assert not r.ok
    assert audit.lines()[-1]["error"] == "INACTIVE"
    if login is not sudo:       # there both are who asks
        assert not login("bob", token).ok
        assert audit.lines()[-1]["error"] == "USER_MISMATCH"


@pytest.mark.parametrize("login", [ldap, smtp])
def test_opaque_by_a_SASL_server_INT_01(world, running, login):
    token = world.op.token("alice", OPAQUE)
    r = login(token)
    assert r.ok, r.text
    assert login(token, authzid="alice").ok
    assert not login(token, authzid="bob").ok
    assert login(token[::-1]).code == (49 if login is ldap else 535)


@pytest.mark.parametrize("name", [
    "client_secret_basic", "client_secret_post", "none", "tls_client_auth",
    "self_signed_tls_client_auth",
    *(f"private_key_jwt-{x}" for x in askers.KEY_ALGS)])
def test_every_way_to_sign_in_CA_01_CA_02_TR_07_V44(world, broker, name):
    write_config(world.askers[name])
    broker()
    r = pam("stage", "alice", world.op.token("alice", OPAQUE))
    assert r.ok, r.text
    assert asked(world) == 1
    assert not pam("stage", "alice", "A" * 43).ok


@pytest.mark.parametrize("alg", askers.KEY_ALGS)
def test_signed_answers_INTJ_01(world, broker, alg):
    write_config(world.askers[f"signed-{alg}"])
    broker()
    r = pam("stage", "alice", world.op.token("alice", OPAQUE))
    assert r.ok, r.text
    r = pam("stage", "alice", "A" * 43)
    assert not r.ok and AUTH_ERR in r.text


def test_by_a_credential_of_the_service_manager_CA_04(world, basic, audit):
    """CREDENTIALS_DIRECTORY, as systemd gives it."""
    home = stage.RUN / "credentials"
    home.mkdir(mode=0o700, exist_ok=True)
    stage.shutil.chown(home, "bearerauth")
    secret = home / "asker"
    secret.write_text(next(iter(basic.files.values())))
    stage.shutil.chown(secret, "bearerauth")
    secret.chmod(0o400)
    stage.forget_store()
    write_config(basic, client_secret_file="credential:asker")
    token = world.op.token("alice", OPAQUE)
    with stage.Broker(env={"CREDENTIALS_DIRECTORY": str(home)}):
        assert pam("stage", "alice", token).ok
    # Without, there is no such file: our fault, and nobody's password.
    stage.forget_store()
    with stage.Broker():
        r = pam("stage", "alice", token)
        assert not r.ok and SERVICE_ERR in r.text
        assert audit.lines()[-1]["error"] == "SECRET"


# --- whose fault ----------------------------------------------------------------

def test_a_wrong_secret_is_our_fault_INT_06(world, basic, broker, audit):
    write_config(basic)
    path = next(iter(basic.files))
    stage.install_private(path, "wrong\n")
    try:
        broker()
        token = world.op.token("alice", OPAQUE)
        for text in (token, "A" * 43):
            r = pam("stage", "alice", text)
            assert not r.ok and SERVICE_ERR in r.text, r.text
            line = audit.lines()[-1]
            assert line["error"] == "CLIENT_AUTH"
            assert line["verdict"] != "refused"
    finally:
        stage.install_private(path, basic.files[path])


def test_a_wrong_secret_by_ldap_INT_06(world, basic):
    stage.forget_store()
    token = world.op.token("alice", OPAQUE)
    path = next(iter(basic.files))
    write_config(basic)
    stage.install_private(path, "wrong\n")
    with stage.Broker():
        assert ldap(token).code not in (0, 49)
        # As said when the service started; a reload says it anew.
        stage.install_private(path, basic.files[path])
        stage.reload()
        assert ldap(token).ok


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_secret_that_others_may_touch_is_none_CA_04(world, basic, audit,
                                                      mode):
    stage.forget_store()
    write_config(basic)
    path = next(iter(basic.files))
    path.chmod(mode)
    token = world.op.token("alice", OPAQUE)
    with stage.Broker():
        r = pam("stage", "alice", token)
        assert not r.ok and SERVICE_ERR in r.text
        assert audit.lines()[-1]["error"] == "SECRET"
    path.chmod(0o640)
    with stage.Broker():
        assert pam("stage", "alice", token).ok


def test_a_provider_that_is_down_is_unavailable_INT_06(world, basic, broker,
                                                       audit):
    """And another one's answer, once had, is not used beyond its time."""
    url = "https://id.example.test:4446"
    stage.write_config(
        {"stage": {"issuer": url, "opaque_issuer": url}},
        {url: basic.issuer(audience=OPAQUE, introspection_cache=0)})
    broker()
    with stage.Provider(url, 4446, clients=[basic.registered]) as op:
        token = op.token("alice", OPAQUE)
        assert pam("stage", "alice", token).ok
    r = pam("stage", "alice", token)
    assert not r.ok and UNAVAIL in r.text
    assert audit.lines()[-1]["verdict"] == "unavailable"
    assert r.seconds < 10


def test_a_provider_that_tells_nothing_of_JWTs_INT_06(world, basic, running,
                                                      audit):
    """400, unsupported_token_type: not refused, and not accepted."""
    r = pam("stage", "alice", world.op.token("alice"))
    assert not r.ok and UNAVAIL in r.text
    assert audit.lines()[-1]["error"] == "INTROSPECTION"


# --- what is asked, and what not ---------------------------------------------------

@pytest.mark.parametrize("option", ["use_first_pass", "try_first_pass"])
def test_a_stacked_password_is_never_sent_V47(world, running, option, audit):
    """Even a good opaque token: nobody can tell it from a UNIX password."""
    stage.write_pam("first", auth=option,
                    before="auth [default=ignore] pam_unix.so nodelay\n")
    stage.write_pam("own")
    services = services_for(stage.ISSUER)
    stage.write_config(
        {**services, "first": services["stage"], "own": services["stage"]},
        {stage.ISSUER: world.askers["client_secret_basic"].issuer(
            audience=OPAQUE)})
    stage.reload()
    token = world.op.token("alice", OPAQUE)
    for text in (token, "correct-horse-battery-staple"):
        r = pam("first", "alice", text)
        assert not r.ok, r.text
    assert asked(world) == 0
    assert "accepted" not in {x["verdict"] for x in audit.lines()}
    # Typed at our own prompt it is asked about.
    assert pam("own", "alice", token).ok
    assert asked(world) == 1


def test_unless_it_is_said_an_opaque_text_stays_V47(world, running, audit):
    """sshd's password method gives our prompt the UNIX password."""
    stage.write_pam("stage")
    stack = Path("/etc/pam.d/stage").read_text()
    Path("/etc/pam.d/stage").write_text(stack.replace(" opaque", ""))
    token = world.op.token("alice", OPAQUE)
    assert not pam("stage", "alice", token).ok
    assert asked(world) == 0
    assert audit.lines() == []
    stage.write_pam("stage")
    assert pam("stage", "alice", token).ok
    assert asked(world) == 1


def test_what_cannot_be_a_token_is_not_asked_about_V47(world, running, audit):
    for text in ("short-password1", "with a space in it, and long",
                 "döner-mit-allem-und-scharf", "a.b", "x" * 20 + ".y",
                 "eyJhbGciOiJub25lIn0.e30."):
        r = pam("stage", "alice", text)
        assert not r.ok, text
    assert asked(world) == 0
    assert not pam("stage", "alice", "sixteen-token-68").ok
    assert asked(world) == 1


def test_no_opaque_issuer_no_question(world, basic, running, audit):
    stage.write_config(
        {"stage": {"issuer": stage.ISSUER}},
        {stage.ISSUER: basic.issuer(audience=OPAQUE)})
    stage.reload()
    r = pam("stage", "alice", world.op.token("alice", OPAQUE))
    assert not r.ok and AUTH_ERR in r.text
    assert audit.lines()[-1]["error"] == "OPAQUE"
    assert asked(world) == 0


# --- what is remembered ---------------------------------------------------------

def test_remembered_for_a_while_INT_04_INT_05(world, broker):
    """By service and spawned brokers alike; neither who may nor who they are
    is."""
    write_config(world.askers["client_secret_basic"])
    broker()
    token = world.op.token("alice", OPAQUE)
    for _ in range(3):
        assert pam("stage", "alice", token).ok
    assert not pam("stage", "bob", token).ok
    assert asked(world) == 1
    # "Not active", too, for a shorter time.
    for _ in range(3):
        assert not pam("stage", "alice", "A" * 43).ok
    assert asked(world) == 2
    # The whole token counts.
    assert not pam("stage", "alice", token + "A").ok
    assert asked(world) == 3


def test_never_beyond_exp_INT_03_INT_04_V35(world, basic, broker, audit):
    write_config(basic, introspection_cache=3600, clock_skew=0,
                 audience="urn:stage:opaque-brief")
    broker()
    start = time.time()
    token = world.op.token("alice", "urn:stage:opaque-brief", fresh=True)
    assert pam("stage", "alice", token).ok
    stage.wait_for("its end", lambda: time.time() > start + 4.1, 6)
    r = pam("stage", "alice", token)
    assert not r.ok and AUTH_ERR in r.text
    assert audit.lines()[-1]["error"] in ("INACTIVE", "EXP")


@pytest.mark.parametrize("cache", [0, 60])
def test_revoked_INT_04(world, basic, broker, cache):
    """The next login of who wants that; or when the answer's time is over."""
    write_config(basic, introspection_cache=cache)
    broker()
    token = world.op.token("alice", OPAQUE, fresh=True)
    assert pam("stage", "alice", token).ok
    world.op.revoke(token)
    assert pam("stage", "alice", token).ok == (cache != 0)


def test_another_configuration_knows_nothing_of_it_INT_05(world, running):
    """As another client, with another trust: asked again."""
    token = world.op.token("alice", OPAQUE)
    assert pam("stage", "alice", token).ok
    write_config(world.askers["client_secret_post"])
    stage.reload()
    assert pam("stage", "alice", token).ok
    assert asked(world) == 2


def test_whose_token_is_judged_each_time_INT_03(world, basic, running, audit):
    token = world.op.token("alice", OPAQUE, scope="mail")
    r = pam("stage", "alice", token)
    assert not r.ok and audit.lines()[-1]["error"] == "SCOPE"
    assert smtp(token).ok
    other = world.op.token("alice", "urn:stage:opaque-brief", fresh=True)
    assert not pam("stage", "alice", other).ok
    assert audit.lines()[-1]["error"] == "AUD"


# --- one connection, and nobody else's ------------------------------------------

def test_kept_alive_and_never_shared_TR_09_V33(world, rogue):
    """Two clients of one host: each on connections of its own, and again on
    the same."""
    urls = [rogue.issuer(f"introspection/good/pool-{x}") for x in "ab"]
    services, issuers = {}, {}
    for i, url in enumerate(urls):
        path = stage.install_private(
            askers.ETC / f"pool-{i}.secret", "only for tests\n")
        issuers[url] = {"verify": "introspection", "client_id": f"pool-{i}",
                        "client_secret_file": path, "introspection_cache": 0}
        services[f"pool-{i}"] = {"issuer": url, "accounts": "virtual"}
    stage.forget_store()
    stage.write_config(services, issuers)
    rogue.forget()
    with stage.Broker():
        for _ in range(10):
            for i, url in enumerate(urls):
                assert wire.ask(str(stage.ASK), f"pool-{i}",
                                rogue.token(url), user="alice",
                                uid=1001)[0] == wire.OK
    used = {}
    for r in rogue.requests(endpoint="introspection"):
        used.setdefault(r["asker"], []).append(r["connection"])
    assert sorted(used) == ["pool-0", "pool-1"]
    assert not set(used["pool-0"]) & set(used["pool-1"])
    assert all(len(x) == 10 and len(set(x)) <= 2 for x in used.values())
    others = {r["connection"] for r in rogue.requests()
              if r["endpoint"] != "introspection"}
    assert not others & {x for y in used.values() for x in y}


SIGNS_IN = {
    "client_secret_basic": ([], True),
    "client_secret_post": (["client_id", "client_secret"], False),
    "none": (["client_id"], False),
    "private_key_jwt-ES256": (["client_assertion", "client_assertion_type"],
                              False),
}


@pytest.mark.parametrize("name", SIGNS_IN)
def test_by_one_method_at_a_time_CA_01_CA_02_V44(world, rogue, name):
    """What goes over the wire, twice."""
    asker = world.askers[name]
    url = rogue.issuer(f"introspection/good/{name}")
    stage.forget_store()
    stage.write_config({"wire": {"issuer": url, "accounts": "virtual"}},
                       {url: asker.issuer(introspection_cache=0)})
    with stage.Broker():
        for _ in range(2):
            assert wire.ask(str(stage.ASK), "wire", rogue.token(url),
                            user="alice", uid=1001)[0] == wire.OK
    fields, header = SIGNS_IN[name]
    client = asker.registered["client_id"]
    asked = rogue.requests(url, "introspection")
    assert len(asked) == 2
    for r in asked:
        mine = [x for x in r["fields"] if x.startswith("client_")]
        assert [x for x in mine if x in fields] == fields
        assert set(mine) - set(fields) <= {"client_id"}
        assert ("authorization" in r["header"]) == header
        if "client_assertion" not in fields:
            assert r["asker"] == client
    if "client_assertion" in fields:
        check_assertions([r["assertion"] for r in asked], client, url)


def check_assertions(texts: list[str], client: str, url: str) -> None:
    found = [stage.mint.parts(x) for x in texts]
    for head, claims in found:
        assert head["alg"] == "ES256" and head["kid"] == f"{client}-1"
        assert claims["iss"] == claims["sub"] == client
        assert claims["aud"] == url         # a string, and the issuer's name
        assert abs(claims["iat"] - time.time()) < 30
        assert 0 < claims["exp"] - claims["iat"] <= 60
    assert len({claims["jti"] for _, claims in found}) == 2


# --- Glewlwyd -----------------------------------------------------------------------

def glewlwyd_config(server, **more) -> None:
    path = stage.install_private(askers.ETC / "glewlwyd.secret",
                                 gl.SECRET + "\n")
    services = services_for(server.issuer)
    if more.get("verify", "jwt+introspection") == "jwt+introspection":
        for values in services.values():
            del values["opaque_issuer"]
    stage.write_config(services, {server.issuer: {
        "audience": " ".join(gl.SCOPES), "verify": "jwt+introspection",
        "client_id": gl.CLIENT, "client_secret_file": path, **more}})


HOSTS = {"ssh": (ssh, "login"), "sudo": (sudo, "login"), "smtp": (smtp, "mail"),
         "ldap": (ldap, "directory")}


@pytest.mark.parametrize("host", HOSTS)
def test_glewlwyd_takes_a_token_back(glewlwyd, broker, how, audit, host):
    """jwt+introspection: what is revoked there, does not enter here."""
    login, scope = HOSTS[host]
    glewlwyd_config(glewlwyd)
    if login in (smtp, ldap) and how == "spawned":
        with stage.Broker():        # a server that is not root's spawns none
            revoke_and_try(glewlwyd, login, scope, audit)
    else:
        broker()
        revoke_and_try(glewlwyd, login, scope, audit)


def revoke_and_try(glewlwyd, login, scope: str, audit) -> None:
    token = glewlwyd.token("alice", scope)
    args = (token,) if login in (smtp, ldap) else ("alice", token)
    r = login(*args)
    assert r.ok, r.text
    assert login(*args).ok
    glewlwyd.revoke(token)
    r = login(*args)
    assert not r.ok
    assert r.code not in (454, 52)      # not "later"
    assert audit.lines()[-1]["error"] == "INACTIVE"


def test_glewlwyd_is_asked_after_the_signature_V14(glewlwyd, broker, audit):
    """A forged token is no question to anybody."""
    glewlwyd_config(glewlwyd)
    broker()
    token = glewlwyd.token("alice", "login")
    assert pam("stage", "alice", token).ok
    at = token.rindex(".") + 9
    forged = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]
    r = pam("stage", "alice", forged)
    assert not r.ok
    assert audit.lines()[-1]["error"] == "SIGNATURE"
    assert not pam("stage", "bob", token).ok


def test_glewlwyd_by_introspection_alone(glewlwyd, broker, audit):
    """Of the JWT only iss is looked at; `username` is in the answer."""
    glewlwyd_config(glewlwyd, verify="introspection", username="username")
    broker()
    for user in ("alice", "bob"):
        token = glewlwyd.token(user, "login")
        r = pam("stage", user, token)
        assert r.ok, r.text
        other = {"alice": "bob", "bob": "alice"}[user]
        assert not pam("stage", other, token).ok
        assert audit.lines()[-1]["error"] == "USER_MISMATCH"


def test_glewlwyd_by_introspection_alone_smtp(glewlwyd, world):
    glewlwyd_config(glewlwyd, verify="introspection", username="username")
    with stage.Broker():
        assert smtp(glewlwyd.token("alice", "mail"), authzid="alice").ok
        assert not smtp(glewlwyd.token("alice", "mail"), authzid="bob").ok


def test_glewlwyd_signs_for_somebody_else_INTJ_01(glewlwyd, broker, audit):
    """Its signed answers name the token's audience, not who asked; RFC 9701
    section 5 wants the latter, and so do we."""
    glewlwyd_config(glewlwyd, introspection_answer="jwt")
    broker()
    r = pam("stage", "alice", glewlwyd.token("alice", "login"))
    assert not r.ok and UNAVAIL in r.text
    assert audit.lines()[-1]["error"] == "INTROSPECTION"


def test_glewlwyd_of_another_client_INT_02(glewlwyd, broker, audit):
    """It tells nothing of tokens that were given to somebody else."""
    path = stage.install_private(askers.ETC / "glewlwyd-rs.secret",
                                 gl.RESOURCE_SECRET + "\n")
    glewlwyd_config(glewlwyd, client_id=gl.RESOURCE, client_secret_file=path)
    broker()
    r = pam("stage", "alice", glewlwyd.token("alice", "login"))
    assert not r.ok
    assert audit.lines()[-1]["error"] in ("INACTIVE", "CLIENT_AUTH")
