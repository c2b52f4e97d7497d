# SPDX-License-Identifier: BSD-2-Clause
"""Known against unknown user, by one token: see tests/timing.sh.

pam_host.c measures pam_authenticate() from the first call to its return, in
one process, by a running service; the tokens are of an issuer by jwks_file.
The interval is that of the difference of the medians, by 2,000 resamplings
of both samples.
"""
import random
import statistics
import subprocess
import sys

import mint
import stage

LIMIT = 1.0             # ms
RESAMPLINGS = 2000
KNOWN, UNKNOWN = "alice", "nobody-here"


def measure(runs: int, token: str) -> dict[str, list[float]]:
    """Milliseconds of each user's failures."""
    path = stage.RUN / "timing-token"
    path.touch(0o600)
    path.write_text(token)
    confdir = stage.RUN / "timing.d"
    confdir.mkdir(exist_ok=True)
    (confdir / "stage").write_text("auth required pam_oauth2.so\n")
    out = subprocess.run(
        [str(stage.TREE / "tests/e2e/pam_host"), str(confdir), "stage", KNOWN,
         str(path), "time", str(runs), UNKNOWN], check=True, text=True,
        stdout=subprocess.PIPE, env=stage.ENV).stdout
    rows = [x.split("\t") for x in out.splitlines() if x.count("\t") == 2]
    # What cannot be told apart by its result is all that is measured.
    codes = {code for _, code, _ in rows}
    assert len(codes) == 1 and codes != {"0"}, codes
    return {user: [int(ns) / 1e6 for who, _, ns in rows if who == user]
            for user in (KNOWN, UNKNOWN)}


def interval(a: list[float], b: list[float]) -> tuple[float, float]:
    rng = random.Random(1)
    found = sorted(
        statistics.median(rng.choices(a, k=len(a))) -
        statistics.median(rng.choices(b, k=len(b)))
        for _ in range(RESAMPLINGS))
    return found[RESAMPLINGS // 40], found[-RESAMPLINGS // 40 - 1]


def main(runs: int) -> int:
    stage.RUN.mkdir(parents=True, exist_ok=True)
    stage.make_tls()
    issuer = stage.OwnIssuer()
    stage.write_config()
    good = issuer.token("bob")
    header, claims = mint.parts(good)
    stranger = mint.make_rsa(str(stage.RUN / "stranger.pem"))
    tokens = {"of-another-user": good,
              "forged": mint.sign(header, claims, stranger)}
    print("name\tknown\tunknown\tdifference\tinterval\tunit")
    worst = 0.0
    with stage.Broker():
        for name, token in tokens.items():
            ms = measure(runs, token)
            known, unknown = (statistics.median(ms[x])
                              for x in (KNOWN, UNKNOWN))
            low, high = interval(ms[KNOWN], ms[UNKNOWN])
            print(f"{name}\t{known:.4f}\t{unknown:.4f}\t"
                  f"{known - unknown:+.4f}\t{low:+.4f} to {high:+.4f}\tms",
                  flush=True)
            worst = max(worst, abs(low), abs(high))
    if worst > LIMIT:
        print(f"an interval reaches beyond {LIMIT:g} ms", file=sys.stderr)
    return worst > LIMIT


sys.exit(main(int(sys.argv[1])))
