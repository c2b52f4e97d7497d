# SPDX-License-Identifier: BSD-2-Clause
"""What asking costs, and what it costs to know many.

introspection: a question to the service about an opaque token, which it has
to ask a real provider about each time, on a connection that is kept; against
curl(1), which asks the same on one of its own.  The two in turn.

issuers-1000: a cold login by the service with a thousand issuers configured;
against the same with one.
"""
import os
import statistics
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import askers   # noqa: E402
import stage    # noqa: E402
import wire     # noqa: E402

TURNS, EACH = 15, 20
OPAQUE = "urn:stage:opaque"


def by_us(token: str) -> float:
    """Milliseconds a question, by a client that stays."""
    times = []
    for _ in range(EACH):
        start = time.perf_counter()
        family, _ = wire.ask(str(stage.ASK), "bench", token, user="alice",
                             uid=1001)
        times.append((time.perf_counter() - start) * 1000)
        if family != wire.OK:
            raise RuntimeError(f"family {family}")
    return statistics.median(times)


def by_curl(token: str, asker: askers.Asker) -> float:
    """The same of one curl, without the transfer that connects."""
    pair = ":".join(urllib.parse.quote_plus(asker.registered[x])
                    for x in ("client_id", "client_secret"))
    url = stage.ISSUER + "/token/introspection"
    argv = ["curl", "-sS", "--fail", "--cacert", f"{stage.TLS}/ca.pem", "-u",
            pair, "-d", f"token={token}", "-w", "%{time_total}\\n",
            *[x for _ in range(EACH + 1) for x in ("-o", "/dev/null", url)]]
    out = subprocess.run(argv, check=True, text=True, env=stage.ENV,
                         stdout=subprocess.PIPE).stdout
    return statistics.median(float(x) * 1000 for x in out.split()[1:])


def introspection() -> None:
    stage.make_tls()
    asker = askers.make()["client_secret_basic"]
    with stage.Provider(stage.ISSUER, 443,
                        clients=[asker.registered]) as provider:
        stage.OwnIssuer()
        stage.write_config(
            {"bench": {"issuer": stage.ISSUER, "accounts": "virtual",
                       "opaque_issuer": stage.ISSUER}},
            {stage.ISSUER: asker.issuer(audience=OPAQUE,
                                        introspection_cache=0)})
        token = provider.token("alice", OPAQUE)
        ours, ratio = [], []
        with stage.Broker():
            for turn in range(-1, TURNS):       # the first warms all up
                curl, us = by_curl(token, asker), by_us(token)
                if turn >= 0:
                    ours.append(us)
                    ratio.append(us / curl)
    low, middle, high = statistics.quantiles(ratio, n=4)
    print(f"introspection\t{statistics.median(ours):.3f}\tms\t{middle:.2f}\t"
          f"curl on a kept connection (goal: 1.2)\t{low:.2f}-{high:.2f}")


def login_ms(tree: Path, token: Path, confdir: Path) -> list[float]:
    """Median and quartiles of logins by pamhost."""
    out = subprocess.run(
        [str(tree / "tests/bench/rounds"), "100", "login",
         str(tree / "tests/bench/pamhost"), str(confdir), "service", "alice",
         str(token)], check=True, text=True, stdout=subprocess.PIPE).stdout
    return [float(x) for x in out.split("\t")[1:]]


def many(tree: Path) -> None:
    confdir = Path("/run/bench-pam.d")
    confdir.mkdir(exist_ok=True)
    (confdir / "service").write_text("auth required pam_oauth2.so "
                                     "service=stage\n")
    own = stage.OwnIssuer()
    token = Path("/run/bench-token")
    token.touch(0o600)
    token.write_text(own.token("alice"))
    services = {"stage": {"issuer": stage.OWN, "require_scope": "login"}}
    others = {f"https://issuer-{i}.example.test": {} for i in range(1000)}
    few, lots = [], []
    for _ in range(5):
        for more, into in (({}, few), (others, lots)):
            stage.write_config(services, more)
            with stage.Broker():
                into.append(login_ms(tree, token, confdir)[0])
    ratio = [b / a for a, b in zip(few, lots)]
    print(f"issuers-1000\t{statistics.median(lots):.3f}\tms\t"
          f"{statistics.median(ratio):.2f}\ta login with "
          "four issuers\t"
          f"{min(ratio):.2f}-{max(ratio):.2f}")


os.makedirs(stage.RUN, exist_ok=True)
introspection()
many(Path(sys.argv[1]))
