# SPDX-License-Identifier: BSD-2-Clause
"""After all the others: nothing of them is left where it must not be."""
import re
from pathlib import Path

import stage


def fragments(world) -> set[str]:
    """Pieces of every token that was used: payloads and signatures, opaque
    ones from their start; and of what the broker signs in with."""
    tokens = [*world.op.tokens.values(), *world.other.tokens.values(),
              *world.forgeries.values(), world.unreachable]
    found = set()
    for token in tokens:
        parts = token.split(".")[1:] or [token]
        for part in parts:
            found.update(part[i:i + 24]
                         for i in range(0, max(len(part) - 24, 0), 24))
    secret = world.askers["client_secret_basic"].registered["client_secret"]
    found.add(secret[20:44])
    return found


def test_no_token_in_any_log_TOK_06_V21(world):
    logs = "".join(p.read_text(errors="replace")
                   for p in stage.LOGS.iterdir())
    logs += "".join(p.read_text(errors="replace")
                    for p in Path("/var/log").rglob("*") if p.is_file())
    pieces = fragments(world)
    assert len(pieces) > 100 and "bearerauthd" in logs
    assert {p for p in pieces if p in logs} == set()


def test_no_token_in_the_store_TOK_07(world):
    pieces = fragments(world)
    data = b"".join(p.read_bytes() for p in stage.STORE.iterdir())
    assert {p for p in pieces if p.encode() in data} == set()


def test_store_is_its_users_V22(world):
    assert stage.STORE.stat().st_mode & 0o777 == 0o700
    for path in stage.STORE.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.owner() == "bearerauth"


def test_no_core_and_no_crash(world):
    log = stage.SYSLOG.read_text(errors="replace")
    assert not re.search(r"segfault|core dumped|assert", log)
    assert not list(Path("/").glob("core*"))
    # pylint: disable=protected-access
    for path in stage.LOGS.iterdir():
        assert "AddressSanitizer" not in path.read_text(errors="replace")
