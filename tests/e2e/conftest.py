# SPDX-License-Identifier: BSD-2-Clause
"""What every end-to-end test finds on the stage."""
import os
import re
import shlex
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import askers   # noqa: E402
import glewlwyd     # noqa: E402
import mint     # noqa: E402
import stage    # noqa: E402

collect_ignore = ["browser", "idp", "node"]


class World:
    """Providers and servers that run for the whole session."""

    def __init__(self):
        if not Path(stage.BROKER).exists():
            pytest.exit("run me by tests/run.sh: the build is not "
                        "installed here", 2)
        stage.RUN.mkdir(parents=True, exist_ok=True)
        stage.make_tls()
        self.askers = askers.make()
        self.op = stage.Provider(
            stage.ISSUER, 443, askers.TLS_PORT,
            clients=[a.registered for a in self.askers.values()])
        self.other = stage.Provider(stage.OTHER, 4443)
        self.own = stage.OwnIssuer()
        stage.set_up_pam()
        stage.write_pam("nosection")        # no [service nosection]
        stage.write_pam("brief", "deadline=2", "deadline=2")
        # No second per failure: it is su that waits, not us.
        defs = Path("/etc/login.defs")
        defs.write_text(re.sub(r"(?m)^FAIL_DELAY.*", "", defs.read_text()) +
                        "\nFAIL_DELAY 0\n")
        stage.write_config()
        self.sshd = stage.start_sshd("PermitRootLogin yes",
                                     "AllowTcpForwarding no")
        self.slapd = stage.start_slapd()
        self.postfix = stage.Postfix()
        self.stranger = mint.make_rsa(str(stage.RUN / "stranger.pem"))
        self.forgeries = mint.forgeries(
            self.op.token("alice"), self.op.key(), self.other.key(),
            self.stranger)
        # A token of an issuer that is configured and cannot be reached.
        self.unreachable = mint.sign(
            {"alg": "RS256", "typ": "at+jwt", "kid": "RS256-1"},
            mint.claims_for(stage.DOWN, "alice", "urn:stage:rs256"),
            self.stranger)

    def stop(self):
        for server in (self.sshd, self.slapd, self.postfix, self.op,
                       self.other):
            server.stop()


@pytest.fixture(scope="session")
def world():
    w = World()
    yield w
    w.stop()


@pytest.fixture(scope="session", name="rogue")
def rogue_fixture(world):
    """The provider that misbehaves."""
    with stage.Rogue() as server:
        yield server


@pytest.fixture(scope="session", name="glewlwyd")
def glewlwyd_fixture(world):
    """The second real provider."""
    with glewlwyd.Glewlwyd() as server:
        yield server


@pytest.fixture
def service(world):
    """The broker as a service, with the default configuration."""
    stage.write_config()
    with stage.Broker() as broker:
        yield broker


@pytest.fixture
def spawned(world):
    """No service: a program of root starts a broker for each question."""
    stage.remove_sockets()
    stage.write_config()


@pytest.fixture(params=["service", "spawned"])
def either(request):
    """Both ways, one after the other."""
    request.getfixturevalue(request.param)
    return request.param


class Audit:
    """What went to syslog since the fixture was made."""

    def __init__(self):
        stage.syslog_settle()       # what went before may be on its way
        self.mark = stage.syslog_mark()

    def text(self) -> str:
        """All of it: a verdict is sent before its line is written."""
        size = -1
        while size != stage.syslog_mark():
            size = stage.syslog_mark()
            time.sleep(0.03)
        return stage.syslog_since(self.mark)

    def lines(self, kind: str = "ask") -> list[dict]:
        """The broker's audit lines, taken apart."""
        found = re.findall(rf"bearerauthd\[\d+\]: {kind} (verdict=.*)",
                           self.text())
        return [dict(word.split("=", 1) for word in shlex.split(x))
                for x in found]

    def one(self, kind: str = "ask") -> dict:
        """The only one."""
        stage.wait_for("an audit line", lambda: self.lines(kind), 3)
        lines = self.lines(kind)
        assert len(lines) == 1, lines
        return lines[0]


@pytest.fixture
def audit():
    return Audit()


# --- results for tests/run.sh, in TAP --------------------------------------

class Tap:
    def __init__(self, path: str):
        # pylint: disable=consider-using-with
        self.out = open(path, "w", encoding="utf-8", buffering=1)
        self.n = 0

    def pytest_runtest_logreport(self, report):
        if report.when != "call" and report.passed:
            return
        self.n += 1
        name = report.nodeid.split("/")[-1]
        if report.skipped:
            reason = str(report.longrepr[2]).replace("Skipped: ", "")
            print(f"ok {self.n} - {name} # SKIP {reason}", file=self.out)
        elif report.failed:
            print(f"not ok {self.n} - {name}", file=self.out)
        else:
            print(f"ok {self.n} - {name}", file=self.out)

    def pytest_sessionfinish(self):
        print(f"1..{self.n}", file=self.out)
        self.out.close()


def pytest_configure(config):
    if "E2E_TAP" in os.environ:
        config.pluginmanager.register(Tap(os.environ["E2E_TAP"]))
