# SPDX-License-Identifier: BSD-2-Clause
"""What asking costs, and what it costs to know many.

introspection: a plug-in's question to the service about an opaque token, which
it has to ask a real provider about each time, on a connection that is kept;
against curl(1), which asks the same on one of its own.  The two in turn, each
without its first, which connects.  One question each 5 ms, for both: that is
how logins come, and a provider that has just answered is quicker than one that
has to be woken.  introspection-hot: each as soon as the last is answered.

issuers-1000-login: a cold login by the service, from the start of a PAM host to
its end, with a thousand issuers configured; issuers-1000-question: the question
to the service alone, from a process that stays.  Each against the same with
one.
"""
import os
import statistics
import subprocess
import sys
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import askers   # noqa: E402
import stage    # noqa: E402

TURNS, EACH = 41, 20
PERIOD = 5      # ms
OPAQUE = "urn:stage:opaque"


def by_us(tree: Path, service: str, token: str, period: int = 0) -> float:
    """Milliseconds a question, by a client that stays."""
    out = subprocess.run(
        [str(tree / "tests/bench/questions"), str(EACH), str(period), service,
         "alice", "1001"], check=True, text=True, input=token + "\n", env=stage.ENV,
        stdout=subprocess.PIPE).stdout
    return float(out)


def by_curl(token: str, asker: askers.Asker, period: int) -> float:
    """The same of one curl, without the transfer that connects."""
    pair = ":".join(urllib.parse.quote_plus(asker.registered[x])
                    for x in ("client_id", "client_secret"))
    url = stage.ISSUER + "/token/introspection"
    pace = ["--rate", f"{1000 // period}/s"] if period > 0 else []
    argv = ["curl", "-sS", "--fail", *pace, "--cacert",
            f"{stage.TLS}/ca.pem", "-u",
            pair, "-d", f"token={token}", "-w", "%{time_total}\\n",
            *[x for _ in range(EACH + 1) for x in ("-o", "/dev/null", url)]]
    out = subprocess.run(argv, check=True, text=True, env=stage.ENV,
                         stdout=subprocess.PIPE).stdout
    return statistics.median(float(x) * 1000 for x in out.split()[1:])


def introspection(tree: Path) -> None:
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
        with stage.Broker():
            by_us(tree, "bench", token)         # warms all up
            for name, period, goal in (("introspection", PERIOD, " (goal: 1.2)"),
                                       ("introspection-hot", 0, "")):
                ours, ratio = [], []
                for _ in range(TURNS):
                    curl = by_curl(token, asker, period)
                    ours.append(by_us(tree, "bench", token, period))
                    ratio.append(ours[-1] / curl)
                low, middle, high = statistics.quantiles(ratio, n=4)
                print(f"{name}\t{statistics.median(ours):.3f}\tms\t"
                      f"{middle:.2f}\tcurl on a kept connection{goal}\t"
                      f"{low:.2f}-{high:.2f}")


def login_ms(tree: Path, token: Path, confdir: Path) -> list[float]:
    """Median and quartiles of logins by pamhost."""
    out = subprocess.run(
        [str(tree / "tests/bench/rounds"), "100", "login",
         str(tree / "tests/bench/pamhost"), str(confdir), "service", "alice",
         str(token)], check=True, text=True, stdout=subprocess.PIPE).stdout
    return [float(x) for x in out.split("\t")[1:]]


def config_of(n: int) -> str:
    """Of n issuers the last one is ours."""
    every = {"audience": " ".join(stage.AUDIENCES),
             "username": "preferred_username"}
    urls = [f"https://issuer-{i}.example.test" for i in range(n - 1)]
    return "".join(stage.section(f"issuer {url}", every) for url in urls) + \
        stage.section(f"issuer {stage.OWN}",
                      {**every, "jwks_file": stage.OwnIssuer.jwks}) + \
        stage.section("service stage",
                      {"issuer": stage.OWN, "require_scope": "login"})


def report(name: str, one: list[float], lots: list[float]) -> None:
    ratio = [b / a for a, b in zip(one, lots)]
    low, middle, high = statistics.quantiles(ratio, n=4)
    print(f"{name}\t{statistics.median(lots):.3f}\tms\t{middle:.2f}\t"
          f"the same with one issuer\t{low:.2f}-{high:.2f}")


def many(tree: Path) -> None:
    confdir = Path("/run/bench-pam.d")
    confdir.mkdir(exist_ok=True)
    (confdir / "service").write_text("auth required pam_oauth2.so "
                                     "service=stage\n")
    text = stage.OwnIssuer().token("alice")
    token = Path("/run/bench-token")
    token.touch(0o600)
    token.write_text(text)
    logins, questions = {1: [], 1000: []}, {1: [], 1000: []}
    for _ in range(9):
        for n in 1, 1000:
            stage.install_config(config_of(n))
            with stage.Broker():
                logins[n].append(login_ms(tree, token, confdir)[0])
                questions[n].append(by_us(tree, "stage", text))
    report("issuers-1000-login", logins[1], logins[1000])
    report("issuers-1000-question", questions[1], questions[1000])


os.makedirs(stage.RUN, exist_ok=True)
introspection(Path(sys.argv[1]))
many(Path(sys.argv[1]))
