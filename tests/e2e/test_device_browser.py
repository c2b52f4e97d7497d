# SPDX-License-Identifier: BSD-2-Clause
"""The device flow once as people do it: a terminal of 80 columns and 24 lines,
the picture of its QR code read by zbar, and the provider's pages in a real
browser.  The pictures stay in build/log/device."""
import base64
import hashlib
import shutil
import subprocess

import pytest

import device
import stage
from device import Session

BROWSER = stage.SRC / "tests/e2e/browser"
SHOTS = stage.SRC / "build/log/device"
PNG = b"\x89PNG\r\n\x1a\n"


def browse(script: str, *args: str, text: str | None = None) -> list[str]:
    """The lines that a script of that folder prints."""
    r = subprocess.run([stage.node(), str(BROWSER / script), *args], input=text,
                       text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=120, check=False,
                       env={**stage.ENV, "HOME": "/root"})
    assert r.returncode == 0, r.stderr
    return r.stdout.splitlines()


def key_hash() -> str:
    """Of the servers' public key, as the browser wants it."""
    public = stage.mint.openssl("pkey", "-in", f"{stage.TLS}/server.key",
                                "-pubout", "-outform", "DER")
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


@pytest.fixture(scope="module", name="op")
def op_fixture(world):
    shutil.rmtree(SHOTS, ignore_errors=True)
    stacks = device.Stacks("device")
    with device.DeviceProvider() as server:
        server.said()
        yield server
    stacks.restore()
    stage.write_config()


@pytest.mark.parametrize("host", ["ssh", "su"])
def test_browser_and_terminal_DEV_01_DEV_06_DEV_08(op, host):
    """Somebody scans the picture of a terminal, and comes to the page where
    the code is wanted; and nobody is in before it was agreed to."""
    shots = SHOTS / host
    shots.mkdir(parents=True)
    stage.forget_store()
    device.configure()
    with stage.Broker():
        s = Session(host).begin()
        picture = shots / "terminal.png"
        browse("terminal.mjs", str(picture),
               text="\n".join(device.screen(s.shown)))
        url = device.zbar(picture)
        assert url == s.url == device.ISSUER + "/device"
        assert s.child.isalive() and stage.ACCEPTED not in s.text
        pages = browse("approve.mjs", key_hash(), str(shots), url, s.code,
                       "alice")
        assert len(pages) >= 4 and "uccess" in pages[-1], pages
        r = s.end()
        assert r.ok, r.text
    pictures = list(shots.glob("*.png"))
    assert len(pictures) == len(pages) + 1
    assert all(p.read_bytes().startswith(PNG) for p in pictures)
