# SPDX-License-Identifier: BSD-2-Clause
"""Logins by the device flow: what the tests about it share.

A Session is a login on a terminal of 80 columns and 24 lines, played step by
step; the person with the browser is idp_client.agree() or Glewlwyd.approve().
"""
import re
import subprocess
import time
from pathlib import Path

import pexpect

import askers
import idp_client
import stage

ISSUER = "https://id.example.test:4600"
CLIENT, SECRET = "login-room", "only for tests, too"
AUDIENCE = "urn:stage:rs256"
ASK = "Press Enter to get a code: "
DONE = "Press Enter when done: "
CODE = r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b"
HOSTS = ("ssh", "su", "sudo")
SECRET_FILE = askers.ETC / "login-room.secret"
NOBODY_WAITS = {"device_limit_user": 100, "device_limit_address": 100}


class DeviceProvider(stage.Provider):
    """The stage's provider, once more, with our client."""

    def __init__(self, port: int = 4600):
        super().__init__(f"https://id.example.test:{port}", port, clients=[{
            "client_id": CLIENT, "client_secret": SECRET,
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": [idp_client.GRANT]}])

    def said(self, **values: int) -> None:
        """interval, expires: in seconds."""
        (self.dir / "device.json").write_text(stage.mint.json.dumps(
            {"interval": 1, **values}))

    def asked(self, path: str | None = None) -> list[float]:
        """When the broker asked (for this)."""
        lines = (self.dir / "requests").read_text().splitlines()
        return [float(x.split()[-1]) for x in lines
                if "bearerauth" in x.split()[2] and
                path in (None, x.split()[1])]

    def agree(self, session, user: str, deny: bool = False) -> None:
        """With what session shows, as a person does who types it."""
        idp_client.agree(f"{stage.TLS}/ca.pem", session.url, user,
                         session.code, deny)


def issuer(**more) -> dict:
    """Keys of the [issuer] section."""
    stage.install_private(SECRET_FILE, SECRET + "\n")
    return {"client_id": CLIENT, "client_auth": "client_secret_basic",
            "client_secret_file": SECRET_FILE, "device_scope": "openid login",
            "device_resource": AUDIENCE, **more}


def service(url: str = ISSUER, **more) -> dict:
    """… of the [service] sections."""
    return {"issuer": url, "require_scope": "login", "device_issuer": url,
            **NOBODY_WAITS, **more}


def configure(url: str = ISSUER, of_issuer: dict | None = None,
              **more) -> None:
    every = service(url, **more)
    stage.write_config({x: every for x in ("sshd", "su", "sudo", "stage",
                                           "dovecot")} |
                       {"brief": {"issuer": url, "require_scope": "login"}},
                       {url: issuer(**(of_issuer or {}))})


class Stacks:
    """PAM stacks by this method, until restore()."""
    names = ("sshd", "su", "sudo", "stage")

    def __init__(self, method: str):
        self.old = {x: Path(f"/etc/pam.d/{x}").read_text()
                    for x in self.names}
        self.write(method)
        # Who is refused is refused once.
        self.once = Path("/etc/sudoers.d/once")
        self.once.write_text("Defaults passwd_tries=1\n")
        self.once.chmod(0o440)

    def write(self, method: str) -> None:
        for name in ("su", "sudo", "stage"):
            stage.write_pam(name, f"method={method}")
        Path("/etc/pam.d/sshd").write_text(re.sub(
            r"(?m)^auth .*pam_oauth2.so.*",
            f"auth required pam_oauth2.so method={method}",
            self.old["sshd"]))

    def restore(self) -> None:
        self.once.unlink(missing_ok=True)
        for name, text in self.old.items():
            Path(f"/etc/pam.d/{name}").write_text(text)


def argv_of(host: str, user: str = "alice") -> list[str]:
    """A login of user's at this host, as somebody on the machine runs it."""
    if host == "ssh":
        return stage.as_user("carol", stage.ssh_argv(user))
    if host == "su":
        return stage.as_user("carol", ["su", user, "-s", "/bin/sh", "-c",
                                       stage.SAY_WHO])
    if host == "sudo":
        return stage.as_user(user, ["sudo", "-k", "-u", "bob", "/bin/sh",
                                    "-c", stage.SAY_WHO])
    return ["pamtester", host, user, "authenticate", "acct_mgmt"]


class Session:
    """A login, step by step."""

    def __init__(self, host: str, user: str = "alice",
                 argv: list[str] | None = None, env: dict | None = None):
        self.held = host == "ssh"
        self.start = time.monotonic()
        argv = argv or argv_of(host, user)
        self.child = pexpect.spawn(
            argv[0], argv[1:], env={**stage.ENV, **(env or {})}, timeout=15,
            encoding="utf-8", codec_errors="replace", cwd="/",
            dimensions=(24, 80), preexec_fn=stage.interruptible)
        self.child.delaybeforesend = None
        self.text = ""          # all that the user saw
        self.shown = ""         # … of it, with the code
        self.url = self.code = ""

    def read(self, pattern: str, timeout: float = 15) -> str:
        self.child.expect(pattern, timeout=timeout)
        after = self.child.after if isinstance(self.child.after, str) else ""
        self.text += self.child.before + after
        return self.child.before + after

    def press(self, line: str = "") -> None:
        self.child.sendline(line)

    def asks(self) -> str:
        """The first prompt."""
        return self.read(re.escape(ASK) + "$")

    def begin(self) -> "Session":
        """As far as the code."""
        self.asks()
        self.press()
        pattern = re.escape(DONE) + "$" if self.held else CODE + r"[^\n]*\n"
        self.shown = self.read(pattern)
        self.url = re.findall(r"https://\S+", self.shown)[-1]
        self.code = re.findall(CODE, self.shown)[-1]
        return self

    def again(self) -> str:
        """Enter, though nobody has approved anything."""
        self.press()
        return self.read(re.escape(DONE) + "$")

    def end(self, timeout: float = 40) -> stage.Login:
        """Enter where it is wanted, and how it ends."""
        stop = time.monotonic() + timeout
        if self.held:
            self.press()
        while True:
            i = self.child.expect([re.escape(DONE) + "$", pexpect.EOF],
                                  timeout=stop - time.monotonic())
            self.text += self.child.before + (DONE if i == 0 else "")
            if i:
                break
            self.press()
        return self.close()

    def close(self) -> stage.Login:
        self.child.wait()
        self.child.ptyproc.delayafterclose = 0
        self.child.close()
        code = self.child.exitstatus
        ok = code == 0 and (stage.ACCEPTED in self.text or
                            "successfully authenticated" in self.text)
        return stage.Login(ok, self.text, 128 if code is None else code,
                           time.monotonic() - self.start)

    def kill(self) -> None:
        """The client is gone, without a word."""
        self.child.kill(9)
        self.child.ptyproc.delayafterclose = 0
        self.child.close(force=True)


# --- what a terminal shows ------------------------------------------------

def screen(text: str, columns: int = 80, rows: int = 24) -> list[str]:
    """The lines in view, once text was written to a terminal."""
    lines = []
    for line in text.replace("\r\n", "\n").replace("\r", "").split("\n"):
        lines += [line[i:i + columns]
                  for i in range(0, max(len(line), 1), columns)]
    return lines[-rows:]


BLOCKS = {" ": "11", "▀": "01", "▄": "10", "█": "00"}   # light is on


def qr_lines(text: str) -> list[str]:
    """Those of a picture, without what stands beside it.  Its first line is
    all light, and so are the first modules of every other."""
    lines = [x for x in text.replace("\r", "").split("\n")
             if re.match("█{4}|▀{21}", x)]
    width = len(re.match("█*", lines[0])[0]) if lines else 0
    return [x[:width] for x in lines]


def words(text: str) -> str:
    """… and what stands beside it, or without it, in one line."""
    return " ".join(re.sub("[▀▄█].*[▀▄█]", "", text).split())


def qr(text: str) -> str | None:
    """What the QR code says that stands in text."""
    rows = []
    for line in qr_lines(text):
        for half in (0, 1):
            rows.append("".join(BLOCKS[c][half] * 4 for c in line))
    if not rows:
        return None
    picture = stage.RUN / f"qr-{time.monotonic_ns()}.pbm"
    picture.write_text(f"P1\n{len(rows[0])} {len(rows) * 4}\n" + "\n".join(
        x for row in rows for x in [row] * 4) + "\n")
    return zbar(picture)


def zbar(picture: Path) -> str | None:
    r = subprocess.run(["zbarimg", "-q", "--raw", "--nodbus", str(picture)],
                       text=True, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    return r.stdout.strip() or None
