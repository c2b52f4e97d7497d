# SPDX-License-Identifier: BSD-2-Clause
"""The broker's own prompts come back through the plug-in (confirm =)."""
import pytest

import stage
from stage import ldap, pam, smtp, ssh, su

QUESTION = "Does the fox know?"


@pytest.fixture(params=["service", "spawned"])
def asking(request, world):
    services = {n: {**s, "confirm": QUESTION}
                for n, s in stage.default_services().items()}
    stage.remove_sockets()
    stage.write_config(services)
    if request.param == "spawned":
        yield request.param
        return
    with stage.Broker():
        yield request.param


@pytest.mark.parametrize("login", [ssh, su], ids=lambda f: f.__name__)
@pytest.mark.parametrize("answer", ["yes", "no", "", "YES", "yes please"])
def test_only_yes_goes_on(world, asking, audit, login, answer):
    r = login("alice", world.op.token("alice"), more=(answer,))
    assert QUESTION in r.prompts[1]
    assert r.ok == (answer == "yes"), r.text
    if answer != "yes":
        assert audit.one()["error"] == "CONFIRM"


def test_a_bad_token_is_not_asked(world, asking):
    r = su("alice", world.forgeries["garbage-signature"], more=("yes",))
    assert not r.ok and len(r.prompts) == 1
    assert QUESTION not in r.text


def test_PERM_DENIED_for_no(world, asking):
    r = su("alice", world.op.token("alice"), more=("no",))
    assert "Permission denied" in r.text
    assert su("alice", world.op.token("alice"), more=("yes",)).ok


def test_who_cannot_be_asked_does_not_enter(world, asking):
    if asking == "spawned":
        r = pam("stage", "alice", world.op.token("alice"))
        assert not r.ok         # at the end of input there is no answer
        return
    assert smtp(world.op.token("alice")).code == 535
    assert ldap(world.op.token("alice")).code == 49
