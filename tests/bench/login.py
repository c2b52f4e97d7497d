# SPDX-License-Identifier: BSD-2-Clause
"""Cold logins: a new process, PAM, our module, the answer, the end of it.

A host that does nothing else (pamhost.c) authenticates by an empty module, by
ours with the service, and by ours with a broker spawned for the login; the
three in turn (rounds.c).  The token and its key come from a real provider,
whose key set is in the store when the measurement begins.  What is shown is
what our module costs beyond the empty one, in milliseconds, and its ratio to
the limit that tests/README.md argues.
"""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import stage  # noqa: E402

ROUNDS = 200
LIMIT = {"service": 0.25, "spawned": 2.5}   # ms beyond the empty module


def rounds(tree: Path, confdir: Path, token: Path) -> dict:
    """Median and quartiles, in ms, of each kind of login."""
    host = str(tree / "tests/bench/pamhost")
    argv = [str(tree / "tests/bench/rounds"), str(ROUNDS)]
    for name in ("empty", "service", "spawned"):
        argv += [name, host, str(confdir), name, "alice", str(token), ":::"]
    out = subprocess.run(argv[:-1], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return {f[0]: [float(x) for x in f[1:]]
            for f in (line.split("\t") for line in out.splitlines())}


def main(tree: Path) -> None:
    confdir = Path("/run/bench-pam.d")
    confdir.mkdir()
    ours = "auth required pam_oauth2.so service=stage"
    (confdir / "service").write_text(ours + "\n")
    (confdir / "spawned").write_text(ours + " socket=/run/absent/ask\n")
    (confdir / "empty").write_text(
        f"auth required {tree}/.libs/pam_empty.so\n"
        if (tree / ".libs/pam_empty.so").exists() else
        f"auth required {tree}/tests/bench/.libs/pam_empty.so\n")
    token = Path("/run/bench-token")
    token.touch(0o600)

    with stage.Provider(stage.ISSUER, 443) as provider:
        stage.OwnIssuer()
        stage.write_config()
        with stage.Broker():
            token.write_text(provider.token("alice"))
            ms = rounds(tree, confdir, token)
            asked = len(provider.requests())
    floor = ms["empty"][0]
    for name, limit in LIMIT.items():
        median, low, high = (x - floor for x in ms[name])
        print(f"login-{name}\t{median:.3f}\tms\t{median / limit:.2f}\t"
              f"limit of {limit} ms over an empty module ({floor:.2f} ms)\t"
              f"{low:.3f}-{high:.3f}")
    print(f"login-requests\t{asked}\trequests\t"
          f"{asked / 2:.1f}\tone metadata and one key set for all logins\t-")


main(Path(sys.argv[1]))
