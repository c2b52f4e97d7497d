# SPDX-License-Identifier: BSD-2-Clause
"""bearerauth(1): every check, why, and an exit code a script can use."""
import subprocess

import pytest

import stage


def check(token: str, user: str = "alice", name: str = "sshd", *more):
    return subprocess.run(
        ["bearerauth", "check", "--service", name, "--user", user, *more],
        input=token, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=stage.ENV, check=False, timeout=30)


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
