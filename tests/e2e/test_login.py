# SPDX-License-Identifier: BSD-2-Clause
"""Tokens of the real provider log in; each as its own user only."""
import re

import pytest

import stage
from stage import ldap, pam, smtp, ssh, su, sudo

AUTH_ERR = "Authentication failure"
PERM_DENIED = "Permission denied"
UNAVAIL = "Authentication service cannot retrieve authentication info"


@pytest.mark.parametrize("alg", ["rs256", "ps256", "es256", "eddsa"])
def test_ssh_takes_every_algorithm_AT_08(world, either, audit, alg):
    r = ssh("alice", world.op.token("alice", f"urn:stage:{alg}"))
    assert r.ok, r.text
    assert "logged in as alice" in r.text
    assert audit.one()["verdict"] == "accepted"
    assert audit.one("account")["verdict"] == "accepted"


def test_ssh_takes_a_long_token_in_parts(world, either):
    token = world.op.token("alice", "urn:stage:long")
    assert 2 * 1023 < len(token) < 3 * 1023
    r = ssh("alice", token)
    assert r.ok, r.text
    assert [re.sub(r"^\S+ ", "", p) for p in r.prompts] == [
        "OAuth token: ", "OAuth token, part 2: ", "OAuth token, part 3: "]


def test_ssh_refuses_a_long_token_without_its_end(world, service, audit):
    token = world.op.token("alice", "urn:stage:long")
    r = ssh("alice", token[:2 * 1023])
    assert not r.ok and "Permission denied" in r.text
    assert len(r.prompts) == 3
    assert ssh("alice", token).ok
    assert "may have been cut" in audit.text()


@pytest.mark.parametrize("audience", ["eddsa", "long", "huge"])
def test_ssh_by_askpass(world, either, audience):
    token = world.op.token("alice", f"urn:stage:{audience}")
    path = stage.give_token("carol", token)
    stage.askpass_conf("carol", "host = login.example.test\n"
                       f"token_file = {path}\n")
    r = stage.ssh_askpass("alice")
    assert r.ok, r.text


def test_askpass_runs_a_command(world, service):
    path = stage.give_token("carol", world.op.token("alice"))
    stage.askpass_conf("carol", "host = login.example.test\n"
                       f"command = cat {path}\n")
    r = stage.ssh_askpass("alice")
    assert r.ok, r.text


def test_askpass_answers_listed_hosts_only(world, service):
    path = stage.give_token("carol", world.op.token("alice"))
    stage.askpass_conf("carol", "host = elsewhere.example.test\n"
                       f"token_file = {path}\n")
    r = stage.ssh_askpass("alice")
    assert not r.ok
    stage.askpass_conf("carol", "host = login.example.test\n"
                       f"token_file = {path}\n")
    assert stage.ssh_askpass("alice").ok


def test_askpass_answers_no_other_prompt(world, service):
    """A server that asks for a password by another text gets nothing."""
    stage.write_config({"sshd": {**stage.default_services()["sshd"],
                                 "confirm": "Your token again?"}})
    stage.reload()
    path = stage.give_token("carol", world.op.token("alice"))
    stage.askpass_conf("carol", "host = login.example.test\n"
                       f"token_file = {path}\n")
    r = stage.ssh_askpass("alice")
    assert not r.ok
    token = world.op.token("alice")
    assert token[:20] not in r.text
    r = ssh("alice", token, more=("yes",))
    assert r.ok, r.text


@pytest.mark.parametrize("audience", ["eddsa", "rs256", "huge"])
def test_su(world, either, audience):
    r = su("alice", world.op.token("alice", f"urn:stage:{audience}"))
    assert r.ok, r.text
    assert "logged in as alice" in r.text
    assert len(r.prompts) == (3 if audience == "huge" else 1)


@pytest.mark.parametrize("audience", ["eddsa", "rs256"])
def test_sudo(world, either, audience):
    """sudo takes 511 characters a prompt."""
    token = world.op.token("alice", f"urn:stage:{audience}")
    r = sudo("alice", token)
    assert r.ok, r.text
    assert "logged in as bob" in r.text
    assert len(r.prompts) == len(token) // 511 + 1


@pytest.mark.parametrize("audience", ["eddsa", "rs256", "long", "huge"])
def test_ldapwhoami(world, service, audience):
    r = ldap(world.op.token("alice", f"urn:stage:{audience}"))
    assert r.ok, r.text
    assert "dn:uid=alice,ou=people,dc=example,dc=test" in r.text


def test_ldap_in_the_clear_is_refused_SA_05(world, service):
    token = world.op.token("alice")
    r = ldap(token, tls=False)
    assert not r.ok and r.code == 48, r.text
    assert "encryption needed" in r.text
    assert ldap(token).ok
    assert ldap(token, tls=False, url="ldapi:///").ok


@pytest.mark.parametrize("audience", ["eddsa", "rs256", "long"])
def test_smtp_in_the_chroot(world, service, audience):
    r = smtp(world.op.token("alice", f"urn:stage:{audience}"))
    assert r.ok, r.text


# --- each as themselves only ------------------------------------------------

@pytest.mark.parametrize("user", ["alice", "bob"])
@pytest.mark.parametrize("owner", ["alice", "bob"])
def test_two_users_PM_01_V15(world, either, audit, owner, user):
    token = world.op.token(owner)
    for login in (ssh, su):
        r = login(user, token)
        assert r.ok == (owner == user), r.text
        assert ("logged in as " + user in r.text) == (owner == user)
    r = pam("stage", user, token)
    assert r.ok == (owner == user)
    if owner != user:
        assert PERM_DENIED in r.text
        assert {x["error"] for x in audit.lines()} == {"USER_MISMATCH"}


@pytest.mark.parametrize("user", ["alice", "bob"])
@pytest.mark.parametrize("owner", ["alice", "bob"])
def test_two_users_by_SASL_SA_06(world, service, owner, user):
    token = world.op.token(owner)
    r = smtp(token, authzid=user)
    assert r.code == (235 if owner == user else 535), r.text
    r = ldap(token, authzid=user)
    assert r.code == (0 if owner == user else 50), r.text


def test_SASL_without_authzid_is_whom_the_token_names(world, service):
    r = ldap(world.op.token("bob"))
    assert "dn:uid=bob," in r.text
    assert smtp(world.op.token("bob")).ok


def test_root_never_by_a_claim_PM_02(world, either, audit):
    """A line of a map is the one way: test_rules.py."""
    token = world.op.token("root")
    for login in (ssh, su):
        r = login("root", token)
        assert not r.ok, r.text
    r = pam("stage", "root", token)
    assert not r.ok and PERM_DENIED in r.text
    assert {x["error"] for x in audit.lines()} <= {"USER_NAME", "UID"}
    for user in ("alice", "bob"):
        assert not pam("stage", user, token).ok
    assert pam("stage", "alice", world.op.token("alice")).ok


def test_root_never_by_a_claim_by_SASL_PM_02(world, service):
    token = world.op.token("root")
    assert smtp(token).code == 535
    assert smtp(token, authzid="root").code == 535
    assert ldap(token).code == 49
    assert ldap(token, authzid="root").code in (49, 50)
    assert smtp(world.op.token("alice")).ok


def test_system_accounts_never_PM_02(world, either, audit):
    token = world.own.token("backup")
    r = pam("stage", "backup", token)
    assert not r.ok and PERM_DENIED in r.text
    assert audit.one()["error"] == "UID"
    assert pam("stage", "alice", world.own.token("alice")).ok


def test_unknown_user_like_a_bad_token_PM_03(world, either):
    unknown = pam("stage", "dave", world.own.token("dave"))
    bad = pam("stage", "alice", world.forgeries["garbage-signature"])
    assert not unknown.ok and not bad.ok
    assert unknown.text == bad.text and AUTH_ERR in bad.text
    r = ssh("dave", world.own.token("dave"))
    assert not r.ok and "Permission denied" in r.text


def test_no_section_nobody_enters_V53(world, either, audit):
    token = world.op.token("alice")
    r = pam("nosection", "alice", token)
    assert not r.ok and PERM_DENIED in r.text
    assert audit.one()["error"] == "NO_SERVICE"
    assert pam("stage", "alice", token).ok


def test_no_section_nobody_enters_by_SASL_V53(world):
    token = world.op.token("alice")
    stage.write_config({"smtp": None, "ldap": None})
    with stage.Broker():
        assert smtp(token).code == 535
        assert ldap(token).code == 49
    stage.write_config()
    with stage.Broker():
        assert smtp(token).ok
        assert ldap(token).ok


def test_scope_TOK_03(world, either, audit):
    token = world.op.token("alice", scope="mail")
    r = pam("stage", "alice", token)
    assert not r.ok and PERM_DENIED in r.text
    assert audit.one()["error"] == "SCOPE"
    assert pam("stage", "alice", world.op.token("alice", scope="login")).ok


def test_scope_by_SASL_is_said_SA_08(world, service):
    r = smtp(world.op.token("alice", scope="login"))
    assert r.code == 535
    said = stage.mint.json.loads(r.prompts[0])
    assert said["status"] == "insufficient_scope"
    assert said["scope"] == "mail"
    assert smtp(world.op.token("alice", scope="mail")).ok


def test_audience_JWT_04(world, either, audit):
    r = pam("stage", "alice", world.op.token("alice", "urn:stage:elsewhere"))
    assert not r.ok and AUTH_ERR in r.text
    assert audit.one()["error"] == "AUD"
    assert pam("stage", "alice", world.op.token("alice")).ok


def test_a_really_expired_token_JWT_01(world, either, audit):
    token = world.op.token("alice", "urn:stage:brief", fresh=True)
    assert pam("stage", "alice", token).ok
    exp = stage.mint.parts(token)[1]["exp"]
    stage.wait_for("the token's end and 5 s of skew",
                   lambda: stage.time.time() > exp + 5, 15)
    r = pam("stage", "alice", token)
    assert not r.ok and AUTH_ERR in r.text
    assert audit.lines()[-1]["error"] == "EXP"


# --- the stack --------------------------------------------------------------

@pytest.mark.parametrize("option", ["use_first_pass", "try_first_pass"])
def test_no_earlier_password(world, service, option):
    """try asks, use does not."""
    stage.write_pam("first", auth=option)
    stage.write_config({"first": stage.default_services()["stage"]})
    stage.reload()
    r = pam("first", "alice", world.op.token("alice"))
    assert r.ok == (option == "try_first_pass"), r.text


@pytest.mark.parametrize("option", ["use_first_pass", "try_first_pass"])
def test_an_earlier_modules_password(world, either, audit, option):
    """pam_unix asks, and fails on the token; ours takes what it was given."""
    stage.write_pam("first", auth=option,
                    before="auth [default=ignore] pam_unix.so nodelay\n")
    stage.write_config({"first": stage.default_services()["stage"]})
    if either == "service":
        stage.reload()
    r = pam("first", "alice", world.op.token("alice"))
    assert r.ok, r.text
    assert "OAuth token" not in r.text
    assert audit.one()["verdict"] == "accepted"


@pytest.mark.parametrize("option", ["use_first_pass", "try_first_pass"])
def test_a_unix_password_goes_nowhere_V47(world, service, audit, option):
    stage.write_pam("first", auth=option,
                    before="auth [default=ignore] pam_unix.so nodelay\n")
    r = pam("first", "alice", "correct horse battery staple")
    assert not r.ok
    assert audit.lines() == []


# --- another way in ----------------------------------------------------------

@pytest.mark.parametrize("rule", ["allow", "deny", None])
def test_account_without_token(world, either, audit, rule):
    """A public key: our account phase goes by account_without_token."""
    section = dict(stage.default_services()["sshd"])
    if rule:
        section["account_without_token"] = rule
    stage.write_config({"sshd": section})
    if either == "service":
        stage.reload()
    r = ssh_by_key("alice")
    assert r.ok == (rule == "allow"), r.text
    line = audit.one("account")
    if rule == "allow":
        assert line["verdict"] == "accepted"
    else:
        assert line["error"] == "NO_TOKEN"


def ssh_by_key(user: str):
    home = stage.Path(f"/home/{user}/.ssh")
    key = stage.RUN / "ssh/user_key"
    if not key.exists():
        stage.subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                              "-f", str(key)], check=True)
        stage.shutil.chown(key, "carol")
        home.mkdir(mode=0o700)
        stage.shutil.copy(str(key) + ".pub", home / "authorized_keys")
        for x in (home, home / "authorized_keys"):
            stage.shutil.chown(x, user, user)
    return stage.dialogue(stage.as_user("carol", stage.ssh_argv(
        user, "-o", "PreferredAuthentications=publickey", "-i", str(key))),
        [])
