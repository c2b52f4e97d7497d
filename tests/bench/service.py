# SPDX-License-Identifier: BSD-2-Clause
"""What a question costs the service: its own CPU time, user and system.

64 questions at a time, each on a connection of its own, about RS256 tokens made
beforehand (load.c).  In turn: tokens that the service has never seen, against a
textbook verification plus a bare echo server that is asked the same; the same
tokens again, against the echo server alone.  CPU time is the kernel's, of the
one process, in nanoseconds (schedstat); the generator's is its own.  The
service writes its line of audit to syslog, the echo server none.  Then questions
at half of the rate that was reached with 64 open, generator and log on the same
cores: p99 against p50.  And the memory of a service that nobody has asked.
"""
import contextlib
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import stage    # noqa: E402

ROUNDS, EACH, WIDTH = 11, 500, 64
PEM, ECHO = stage.RUN / "own.pub", stage.RUN / "echo"
IDLE_GOAL = 12      # MiB


def load(tree: Path, *args, tokens=()) -> str:
    return subprocess.run(
        [str(tree / "tests/bench/load"), *map(str, args)], check=True,
        text=True, input="".join(t + "\n" for t in tokens),
        stdout=subprocess.PIPE).stdout


def cpu_us(pid: int) -> float:
    """Of all its threads."""
    return sum(int((p / "schedstat").read_text().split()[0])
               for p in Path(f"/proc/{pid}/task").iterdir()) / 1000


def memory_mib(pid: int) -> float:
    """Resident, libraries that others use too included."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("no Rss")


class Asked:
    """What came of asking about these tokens."""

    def __init__(self, tree: Path, path: Path, tokens: list[str], pid: int,
                 width: int = WIDTH, period: float = 0):
        before = cpu_us(pid)
        out = load(tree, "ask", path, width, period, "bench", "alice",
                   tokens=tokens).split()
        self.accepted, self.bytes = int(out[0]), int(out[1])
        self.ms, self.p50, self.p99 = map(float, out[2:])
        # A connection is closed after its answer has been read.
        time.sleep(0.02)
        self.us = (cpu_us(pid) - before) / len(tokens)


def accepted(asked: Asked, tokens: list[str]) -> Asked:
    """A refusal is cheap, and no measurement."""
    if asked.accepted != len(tokens):
        raise RuntimeError(f"{asked.accepted} of {len(tokens)} accepted")
    return asked


def report(name: str, values: list[float], unit: str, ratios: list[float],
           against: str) -> None:
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(f"{name}\t{statistics.median(values):.2f}\t{unit}\t{middle:.2f}\t"
          f"{against}\t{low:.2f}-{high:.2f}", flush=True)


def main(tree: Path) -> None:
    os.makedirs(stage.RUN, exist_ok=True)
    tokens = load(tree, "mint", EACH * ROUNDS, stage.OwnIssuer.jwks,
                  PEM).split()
    stage.install_config(
        stage.section(f"issuer {stage.OWN}",
                      {"audience": "urn:stage:rs256",
                       "username": "preferred_username",
                       "jwks_file": stage.OwnIssuer.jwks}) +
        stage.section("service bench",
                      {"issuer": stage.OWN, "require_scope": "login",
                       "accounts": "virtual"}))
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(stage.Broker())
        idle = memory_mib(service.pid)
        size = accepted(Asked(tree, stage.ASK, tokens[:1], service.pid),
                        tokens[:1]).bytes
        echo = stack.enter_context(stage.Server(
            "echo", [str(tree / "tests/bench/load"), "echo", str(ECHO),
                     str(size)], ECHO.exists))
        measure(tree, tokens, service.pid, echo.pid)
    print(f"service-idle\t{idle:.1f}\tMiB\t{idle / IDLE_GOAL:.2f}\t"
          f"goal of {IDLE_GOAL} MiB\t-")


def measure(tree: Path, tokens: list[str], service: int, echo: int) -> None:
    first, again, fresh, seen = [], [], [], []
    p50, tail, half = [], [], 0.0
    for i in range(ROUNDS):
        some = tokens[EACH * i:EACH * (i + 1)]
        raw = float(load(tree, "raw", PEM, tokens=some))
        bare = Asked(tree, ECHO, some, echo).us
        one = accepted(Asked(tree, stage.ASK, some, service), some)
        two = accepted(Asked(tree, stage.ASK, some, service), some)
        half = 2 * one.ms * 1000 / EACH
        calm = accepted(Asked(tree, stage.ASK, some, service, WIDTH, half),
                        some)
        first.append(one.us)
        again.append(two.us)
        fresh.append(one.us / (raw + bare))
        seen.append(two.us / bare)
        p50.append(calm.p99)
        tail.append(calm.p99 / calm.p50)
        print(f"raw {raw:.1f} us, echo {bare:.1f} us", file=sys.stderr)
    report("service-fresh", first, "us", fresh,
           "raw verification + echo server (goal: 1.25)")
    report("service-seen", again, "us", seen, "echo server (goal: 1.4)")
    report("service-p99", p50, "us", tail,
           "p50 at half of the capacity (goal: 4)")


main(Path(sys.argv[1]))
