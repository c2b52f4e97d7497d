# SPDX-License-Identifier: BSD-2-Clause
"""The device flow once as people do it: a terminal of 80 columns and 24 lines,
the picture of its QR code read by zbar, and the provider's pages in a real
browser.  The pictures stay in build/log/device."""
import base64
import hashlib
import subprocess

import pytest

import device
import stage
from device import Session

BROWSER = stage.SRC / "tests/e2e/browser"
SHOTS = stage.SRC / "build/log/device"


def script(name: str, *args: str, text: str | None = None) -> str:
    r = subprocess.run([stage.node(), str(BROWSER / name), *args], input=text,
                       text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=60, check=False,
                       env={**stage.ENV, "HOME": "/root"})
    assert r.returncode == 0, r.stderr
    return r.stdout


def key_hash() -> str:
    """Of the servers' public key, as the browser wants it."""
    public = stage.mint.openssl("pkey", "-in", f"{stage.TLS}/server.key",
                                "-pubout", "-outform", "DER")
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


@pytest.mark.parametrize("host", ["ssh", "su"])
def test_browser_and_terminal_DEV_01_DEV_06_DEV_08(world, host):
    SHOTS.mkdir(parents=True, exist_ok=True)
    stacks = device.Stacks("device")
    try:
        with device.DeviceProvider() as op:
            op.said()
            stage.forget_store()
            device.configure()
            with stage.Broker():
                s = Session(host).begin()
                picture = SHOTS / f"terminal-{host}.png"
                script("terminal.mjs", str(picture), text="\n".join(
                    device.screen(s.shown)))
                url = device.zbar(picture)
                assert url == s.url
                pages = script("approve.mjs", key_hash(), str(SHOTS), url,
                               s.code, "alice").splitlines()
                assert len(pages) >= 4 and "uccess" in pages[-1], pages
                r = s.end()
                assert r.ok, r.text
    finally:
        stacks.restore()
        stage.write_config()
    assert len(list(SHOTS.glob("*.png"))) >= 5
