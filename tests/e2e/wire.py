# SPDX-License-Identifier: BSD-2-Clause
"""The wire protocol of doc/DESIGN.md, written a second time, for tests."""
import os
import socket
import struct

VERSION = 1
ASK, ACCOUNT, REPLY, CONTROL = 1, 2, 3, 16
PROMPT, VERDICT, CONTROL_REPLY = 129, 130, 144

TAGS = {
    "id": 1, "service": 2, "user": 3, "uid": 4, "rhost": 5, "tty": 6,
    "deadline": 7, "token": 8, "origin": 9, "can_prompt": 10, "text": 11,
    "style": 12, "family": 13, "expires": 14, "status": 15, "scope": 16,
    "metadata": 17, "command": 18,
}
NAMES = {v: k for k, v in TAGS.items()}
NUMBERS = {"uid": ">I", "deadline": ">I", "origin": ">B", "can_prompt": ">B",
           "style": ">B", "family": ">B", "expires": ">Q"}

OK, REFUSED, NOT_ALLOWED, UNAVAILABLE, FAULT, MALFORMED = range(6)


def frame(kind: int, fields: dict, version: int = VERSION) -> bytes:
    body = bytes([version, kind])
    for name, value in fields.items():
        if name in NUMBERS:
            value = struct.pack(NUMBERS[name], value)
        elif isinstance(value, str):
            value = value.encode()
        body += struct.pack(">BI", TAGS[name], len(value)) + value
    return struct.pack(">I", len(body)) + body


def parse(body: bytes) -> tuple[int, dict]:
    kind, at, fields = body[1], 2, {}
    while at < len(body):
        tag, n = struct.unpack_from(">BI", body, at)
        name, value = NAMES[tag], body[at + 5:at + 5 + n]
        if name in NUMBERS:
            value, = struct.unpack(NUMBERS[name], value)
        elif name != "token":
            value = value.decode()
        fields[name] = value
        at += 5 + n
    return kind, fields


class Conversation:
    """One connection to a socket of the broker."""

    def __init__(self, path: str, timeout: float = 15):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.s.settimeout(timeout)
        self.s.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

    def send(self, kind: int, **fields) -> None:
        self.s.sendall(frame(kind, fields))

    def read(self, n: int) -> bytes:
        data = b""
        while len(data) < n:
            more = self.s.recv(n - len(data))
            if not more:
                raise EOFError(f"closed after {len(data)} of {n} bytes")
            data += more
        return data

    def receive(self) -> tuple[int, dict]:
        n, = struct.unpack(">I", self.read(4))
        return parse(self.read(n))


def ask_fields(service: str, token: str, **more) -> dict:
    return {"id": os.urandom(16).hex(), "service": service,
            "deadline": 10000, "token": token, "origin": 1, "can_prompt": 0,
            **more}


def ask(path: str, service: str, token: str, timeout: float = 15,
        **more) -> tuple[int, dict]:
    """One question; the family, and what else the verdict says."""
    with Conversation(path, timeout) as c:
        c.send(ASK, **ask_fields(service, token, **more))
        kind, fields = c.receive()
        if kind != VERDICT:
            raise ValueError(f"message {kind} where a verdict was due")
        return fields.pop("family"), fields
