# SPDX-License-Identifier: BSD-2-Clause
"""The profile, by Debian's own pam-auth-update: su by the files that it
generates, a denial of account that nothing behind it takes back, and files
that are as before when it is off again."""
import re
import subprocess
from pathlib import Path

import pytest

import stage

FILES = [Path("/etc/pam.d/common-" + x) for x in (
    "auth", "account", "password", "session", "session-noninteractive")]
PASSWORD = "for tests alone"
SU = Path("/etc/pam.d/su")
# What stands behind the profile's account line would let everybody in.
INCLUDES = """\
@include common-auth
@include common-account
account sufficient pam_permit.so
@include common-session
"""


def update(*args: str) -> None:
    subprocess.run(["pam-auth-update", *args], check=True, timeout=60,
                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT,
                   env={**stage.ENV, "DEBIAN_FRONTEND": "noninteractive"})


def texts() -> dict[str, str]:
    return {f.name: f.read_text() for f in FILES}


def ours(text: str) -> list[str]:
    """Our lines, with single blanks."""
    return [" ".join(x.split()) for x in text.splitlines()
            if "pam_oauth2" in x]


@pytest.fixture(scope="module", name="before")
def before_fixture(world):
    """The files without the profile; su by them, and alice's password."""
    update("--package")
    subprocess.run(["chpasswd"], input=f"alice:{PASSWORD}\n", text=True,
                   check=True, env=stage.ENV)
    old = SU.read_text()
    SU.write_text(INCLUDES)
    yield texts()
    update("--disable", "bearerauth")
    SU.write_text(old)
    subprocess.run(["passwd", "-l", "alice"], check=True, env=stage.ENV,
                   stdout=subprocess.PIPE)
    stage.write_config()


@pytest.fixture(name="profile")
def profile_fixture(before):
    update("--enable", "bearerauth")
    stage.write_config()
    with stage.Broker():
        yield before


def by_password(first: str) -> stage.Login:
    """What answers the first prompt is no token of hers; then her password."""
    return stage.su("alice", first, (PASSWORD,))


def test_off_until_enabled_PM_06(before):
    """Default: no.  Installing it changes nobody's logins."""
    assert not any(ours(x) for x in before.values())
    r = stage.su("alice", PASSWORD)
    assert r.ok and len(r.prompts) == 1, r.text


def test_lines_PM_06(profile):
    lines = {k: ours(v) for k, v in texts().items()}
    assert lines == {
        "common-auth": [
            "auth [success=2 default=ignore] pam_oauth2.so method=auto"],
        "common-account": [
            "account [success=ok new_authtok_reqd=ok default=die] "
            "pam_oauth2.so"],
        "common-password": [],
        "common-session": ["session optional pam_oauth2.so"],
        "common-session-noninteractive": []}
    now = texts()["common-auth"]
    assert now.index("pam_oauth2.so") < now.index("pam_unix.so")
    # success=2 is over pam_unix and pam_deny.
    stack = re.findall(r"(?m)^auth\b.*?(pam_\w+)\.so", now)
    assert stack[:4] == ["pam_oauth2", "pam_unix", "pam_deny", "pam_permit"]


def test_good_and_bad_tokens_PM_06(world, profile):
    r = stage.su("alice", world.op.token("alice"))
    assert r.ok, r.text
    assert len(r.prompts) == 1
    for bad in (world.op.token("bob"), *world.forgeries.values()):
        r = stage.su("alice", bad)
        assert not r.ok and "assword: " in r.prompts[-1]


@pytest.mark.parametrize("rule", ["deny", "allow"])
def test_denial_of_account_is_final_PM_06(world, profile, rule):
    """The right password, and no token: whoever denies that is not overruled by
    what stands behind."""
    stage.write_config({"su": {**stage.default_services()["su"],
                               "account_without_token": rule}})
    stage.reload()
    r = by_password(world.op.token("bob"))
    assert "assword: " in r.prompts[-1]
    assert r.ok == (rule == "allow"), r.text


def test_files_are_as_before_PM_06(profile):
    assert texts() != profile
    update("--disable", "bearerauth")
    assert texts() == profile
    r = stage.su("alice", PASSWORD)
    assert r.ok and len(r.prompts) == 1, r.text
