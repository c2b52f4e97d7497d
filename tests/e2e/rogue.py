#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A provider that misbehaves as its path says.

    rogue.py DIR PORT

    https://127.0.0.1:PORT/ENDPOINT/BEHAVIOUR[/ANYTHING]

is an issuer whose ENDPOINT (metadata, keys, introspection, device or token)
has that BEHAVIOUR, and which is good otherwise; ANYTHING makes as many issuers
of one kind as a test wants.  /keys/good is the twin of them all.  It signs no
token but those of the device flow (rogue_device.py), and believes everybody:
an opaque token is its own claims in base64url, and of a JWT the payload counts.

DIR holds a certificate and key for each listener (LISTENERS, on PORT and the
ports above), and KID.pem for each signing key.  Below /-/ tests ask what was
requested, and change what an issuer does from now on.
"""
import base64
import email.utils
import hashlib
import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import urllib.parse
import zlib
from pathlib import Path

import mint
import rogue_device

# The first is the one in order; then what is wrong with the others.
LISTENERS = ("good", "other", "expired", "name", "ca", "plain", "mute")
CLOSED = len(LISTENERS)         # nobody listens on this one
WELL_KNOWN = {"/.well-known/oauth-authorization-server": "rfc8414",
              "/.well-known/openid-configuration": "oidc"}
JSON = "application/json"
SIGNED = "application/token-introspection+jwt"
GIGABYTE = 1 << 30
# Fields of a request that tests look at; none of them is a secret.
SHOWN = ("client_id", "grant_type", "scope", "resource", "audience")


class State:
    """What tests set, and what was asked for."""

    def __init__(self, home: Path):
        self.home = home
        self.lock = threading.Lock()
        self.set: dict[str, dict] = {}
        self.requests: list[dict] = []
        self.keys: dict[str, dict] = {}
        self.codes = rogue_device.Codes()
        self.over = threading.Event()

    def key(self, kid: str) -> dict:
        """The public half of DIR/KID.pem; it may have been made just now."""
        with self.lock:
            if kid not in self.keys:
                self.keys[kid] = mint.jwk("RS256", str(
                    self.home / f"{kid}.pem"), kid=kid)
            return self.keys[kid]

    def of(self, issuer: str) -> dict:
        with self.lock:
            return dict(self.set.get(issuer, {}))


def filler(nesting: int) -> str:
    return "[" * nesting + "]" * nesting


def dumps(value) -> bytes:
    return json.dumps(value).encode()


def with_member(document: bytes, member: str) -> bytes:
    """One member more, in front: json.dumps() would not write it."""
    return b"{" + member.encode() + b"," + document[1:]


# --- what is said ----------------------------------------------------------

def metadata(base: str, behaviour: str, port: int) -> bytes:
    doc = {"issuer": base, "jwks_uri": base + "/jwks",
           "introspection_endpoint": base + "/introspect",
           "device_authorization_endpoint": base + "/device_authorization",
           "token_endpoint": base + "/token"}
    elsewhere = f"https://localhost:{port}" + urllib.parse.urlsplit(base).path
    change = {
        "wrong-issuer": {"issuer": "https://id.example.test"},
        "slash": {"issuer": base + "/"},
        "no-issuer": {"issuer": None},
        "other-host": {"jwks_uri": elsewhere + "/jwks",
                       "introspection_endpoint": elsewhere + "/introspect"},
        "other-port": {"jwks_uri": base.replace(
            f":{port}", f":{port + 1}") + "/jwks"},
        "http": {"jwks_uri": base.replace("https:", "http:") + "/jwks"},
        "no-keys": {"jwks_uri": None},
        "no-device": {"device_authorization_endpoint": None},
        "no-token": {"token_endpoint": None},
        "other-device": {
            "device_authorization_endpoint": elsewhere +
            "/device_authorization"},
        "other-token": {"token_endpoint": elsewhere + "/token"},
        "no-introspection": {"introspection_endpoint": None},
        "uri-number": {"jwks_uri": 7},
    }.get(behaviour, {})
    doc = {k: v for k, v in {**doc, **change}.items() if v is not None}
    return common(dumps(doc), behaviour, '"issuer": "https://id.example"')


def points(n: int) -> list[dict]:
    """Public keys of nobody: 32 bytes are one of Ed25519."""
    return [{"kty": "OKP", "crv": "Ed25519", "kid": f"point-{i}",
             "x": mint.b64(hashlib.sha256(b"%d" % i).digest())}
            for i in range(n)]


def odd_ones(n: int) -> list[dict]:
    """Of a kind that nobody knows yet: to be passed over."""
    return [{"kty": "odd", "kid": str(i)} for i in range(n)]


def keys(state: State, behaviour: str, kids: list[str]) -> bytes:
    good = [state.key(kid) for kid in kids]
    other = state.key("rogue-2")
    odd = [{**other, "kid": f"n-{i}"} for i in range(4)]
    doc = {
        "empty": {"keys": []},
        "many": {"keys": points(10000) + good},
        "many-odd": {"keys": odd_ones(10000) + good},
        "odd-1000": {"keys": odd_ones(1000) + good},
        "keys-64": {"keys": points(63) + good},
        "keys-65": {"keys": points(64) + good},
        "duplicate-kids": {"keys": [{**other, "kid": kids[0]}, *good]},
        "duplicate-odd": {"keys": [{"kty": "odd", "kid": kids[0]}, *good]},
        "private": {"keys": [{**k, "d": mint.b64(b"7" * 256)} for k in good]},
        "private-too": {"keys": [{**x, "d": mint.b64(b"7" * 256)}
                                 for x in odd] + good},
        "symmetric-too": {"keys": [{"kty": "oct", "kid": "s", "k": mint.b64(
            b"everybody can read this secret..")}, *good]},
        "strangers": {"keys": odd},
        "array": good,
        "null": {"keys": None},
    }.get(behaviour, {"keys": good})
    return common(dumps(doc), behaviour, '"keys": []')


def answer(base: str, behaviour: str, token: str) -> bytes:
    try:
        text = token.split(".")[1] if "." in token else token
        claims = json.loads(mint.unb64(text))
    except (ValueError, IndexError):
        return dumps({"active": False})
    if not isinstance(claims, dict):
        return dumps({"active": False})
    doc = {"active": True, "token_type": "Bearer", **claims}
    exp = doc.get("exp", 0)
    doc.update({
        "inactive": {"active": False},
        "active-string": {"active": "true"},
        "active-one": {"active": 1},
        "active-missing": {"active": None},
        "exp-string": {"exp": str(exp)},
        "exp-past": {"exp": int(time.time()) - 600},
        "exp-missing": {"exp": None},
        "nbf-future": {"nbf": int(time.time()) + 600},
        "aud-other": {"aud": "urn:stage:elsewhere"},
        "aud-missing": {"aud": None},
        "iss-other": {"iss": "https://id.example.test"},
        "iss-missing": {"iss": None},
        "sub-other": {"sub": "somebody"},
        "sub-missing": {"sub": None},
        "client-other": {"client_id": "somebody"},
        "scope-missing": {"scope": None},
    }.get(behaviour, {}))
    doc = {k: v for k, v in doc.items() if v is not None}
    return common(dumps(doc), behaviour, '"active": false')


def common(doc: bytes, behaviour: str, again: str) -> bytes:
    """What any document can be spoiled by."""
    if behaviour == "deep":
        return with_member(doc, f'"more": {filler(50000)}')
    if behaviour in ("nested-16", "nested-17"):     # levels, doc's included
        return with_member(doc,
                           f'"more": {filler(int(behaviour[-2:]) - 1)}')
    if behaviour == "duplicate-names":
        return with_member(doc, again)
    return {"no-json": b"<html>hello</html>", "empty-body": b"",
            "trailing": doc + b" {}", "array-of": b"[" + doc + b"]",
            "latin1": doc[:-1] + b', "more": "\xe9"}'}.get(behaviour, doc)


def signed(state: State, base: str, behaviour: str, body: bytes,
           asker: str) -> bytes:
    """RFC 9701 section 5, and what is not."""
    now = int(time.time())
    claims = {"iss": base, "aud": asker, "iat": now,
              "token_introspection": json.loads(body)}
    header = {"typ": "token-introspection+jwt", "alg": "RS256",
              "kid": "rogue-1"}
    key = "rogue-1"
    if behaviour == "jwt-aud":
        claims["aud"] = "somebody"
    elif behaviour == "jwt-iss":
        claims["iss"] = "https://id.example.test"
    elif behaviour == "jwt-typ":
        header["typ"] = "at+jwt"
    elif behaviour == "jwt-old":
        claims["iat"] = now - 7200
    elif behaviour == "jwt-key":
        key = "rogue-2"
    elif behaviour == "jwt-bare":       # claims where the standard has none
        claims = {**claims.pop("token_introspection"), **claims}
    elif behaviour == "jwt-none":
        return (mint.join({**header, "alg": "none"}, claims) + ".").encode()
    return mint.sign(header, claims, str(state.home / f"{key}.pem")).encode()


# --- how it is said --------------------------------------------------------

STATUSES = {"401": "Unauthorized", "403": "Forbidden", "404": "Not Found",
            "400": "Bad Request", "429": "Too Many Requests",
            "500": "Internal Server Error", "502": "Bad Gateway",
            "503": "Service Unavailable", "204": "No Content"}
TYPES = {"html": "text/html", "jsonx": "application/jsonx",
         "text": "text/plain", "no-type": None,
         "parameters": "Application/JSON; charset=utf-8"}


def bomb():
    """1 GB of zeros in a megabyte: one block, again and again."""
    c = zlib.compressobj(9, wbits=31)
    yield c.compress(b"") + c.flush(zlib.Z_FULL_FLUSH)
    c.compress(bytes(1 << 20))
    block = c.flush(zlib.Z_FULL_FLUSH)
    for _ in range(1024):
        yield block


class Handler(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self):
        server = self.server
        self.number = server.next_number()
        try:
            if server.kind == "mute":
                server.state.over.wait()
                return
            if server.kind == "plain":
                self.request.recv(65536)
                self.reply(b"{}", status="400")
                return
            if server.context:
                self.request.settimeout(30)
                self.request = server.context.wrap_socket(
                    self.request, server_side=True)
            self.request.settimeout(None)
            while self.one():
                pass
        except (OSError, EOFError, ValueError):
            pass        # they went away, which many are meant to

    def read_request(self) -> tuple[str, str, dict, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.request.recv(65536)
            if not more:
                raise EOFError
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        header = {k.lower(): v.strip() for k, _, v in
                  (x.partition(":") for x in lines[1:])}
        while len(body) < int(header.get("content-length", 0)):
            more = self.request.recv(65536)
            if not more:
                raise EOFError
            body += more
        method, target, _ = lines[0].split(" ")
        return method, target, header, body

    def one(self) -> bool:
        """Read a request, and do what its path says.  More to come?"""
        method, target, header, body = self.read_request()
        path = target.partition("?")[0]
        if path.startswith("/-/"):
            return self.control(path, body)
        endpoint, issuer, form = self.find(path)
        state = self.server.state
        setting = state.of(issuer)
        which, behaviour = (issuer.split("/") + ["", ""])[1:3]
        behaviour = setting.get(endpoint) or (
            behaviour if which == endpoint else "good")
        fields = dict(urllib.parse.parse_qsl(body.decode("latin-1")))
        asker = self.asker(header, fields)
        with state.lock:
            state.requests.append({
                "issuer": issuer, "endpoint": endpoint, "form": form,
                "method": method, "connection": self.number,
                "listener": self.server.kind, "asker": asker,
                "header": sorted(header), "fields": sorted(fields),
                "etag": header.get("if-none-match"),
                "type": header.get("content-type"),
                "accept": header.get("accept"),
                "assertion": fields.get("client_assertion"),
                "time": time.monotonic(),
                "values": {k: fields.get(k) for k in SHOWN},
                "target": target, "token": hashlib.sha256(
                    fields.get("token", "").encode()).hexdigest()})
        if not endpoint or behaviour == f"not-{form}":
            return self.reply(b"{}", status="404")
        host = header.get("host", "")
        base = f"https://{host}{issuer}"
        accept = header.get("accept", "")
        if endpoint == "metadata":
            doc = metadata(base, behaviour, self.server.base)
        elif endpoint == "keys":
            doc = keys(state, behaviour, setting.get("kids", ["rogue-1"]))
        elif endpoint == "introspection":
            doc = answer(base, behaviour, fields.get("token", ""))
        media, status = JSON, "200"
        if endpoint in ("device", "token"):
            status, doc = self.device(endpoint, base, issuer, behaviour,
                                      fields)
            if rogue_device.over(state.codes, issuer, fields):
                behaviour = "good"
        if endpoint == "introspection" and SIGNED in accept:
            if behaviour != "jwt-unsigned":
                doc = signed(state, base, behaviour, doc, asker)
                media = SIGNED
        return self.behave(behaviour, doc, media, header, setting,
                           path.replace(issuer, ""), status)

    def device(self, endpoint: str, base: str, issuer: str, behaviour: str,
               fields: dict) -> tuple[str, bytes]:
        state = self.server.state
        with state.lock:
            if endpoint == "device":
                status, doc = rogue_device.first_answer(
                    state.codes, base, issuer, behaviour)
                again = '"device_code": "x"'
            else:
                status, doc = rogue_device.poll_answer(
                    state.codes, base, issuer, behaviour, fields, state.home)
                again = '"error": "x"'
        return status, common(dumps(doc), behaviour, again)

    @staticmethod
    def find(path: str) -> tuple[str, str, str]:
        """(endpoint, path of the issuer, form of the metadata's URL)."""
        for word, form in WELL_KNOWN.items():
            if form == "rfc8414" and path.startswith(word):
                return "metadata", path[len(word):], form
            if form == "oidc" and path.endswith(word):
                return "metadata", path[:-len(word)], form
        for word, endpoint in (("/jwks", "keys"),
                               ("/introspect", "introspection"),
                               ("/device_authorization", "device"),
                               ("/token", "token")):
            if path.endswith(word):
                return endpoint, path[:-len(word)], ""
        return "", path, ""

    @staticmethod
    def asker(header: dict, fields: dict) -> str:
        value = header.get("authorization", "")
        if value.startswith("Basic "):
            pair = base64.b64decode(value[6:]).decode()
            return urllib.parse.unquote_plus(pair.partition(":")[0])
        return fields.get("client_id", "")

    def control(self, path: str, body: bytes) -> bool:
        state = self.server.state
        with state.lock:
            if path == "/-/requests":
                out = list(state.requests)
            elif path == "/-/codes":
                out = state.codes.all()
            elif path == "/-/forget":
                state.requests.clear()
                out = None
            else:
                for issuer, values in json.loads(body).items():
                    state.set.setdefault(issuer, {}).update(values)
                out = None
        return self.reply(dumps(out))

    # pylint: disable=too-many-return-statements,too-many-branches
    def behave(self, behaviour: str, doc: bytes, media: str, header: dict,
               setting: dict, tail: str, status: str = "200") -> bool:
        if behaviour == "hang":
            self.server.state.over.wait()
            return False
        if behaviour == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
            self.request.close()
            return False
        if behaviour == "close":
            return False
        more = {"Set-Cookie": "tracked=yes; Path=/"}
        if "cache" in setting:
            more["Cache-Control"] = setting["cache"]
        if "expires" in setting:
            now = time.time()
            more["Date"] = email.utils.formatdate(now, usegmt=True)
            more["Expires"] = email.utils.formatdate(
                now + setting["expires"], usegmt=True)
        if setting.get("delay"):
            time.sleep(setting["delay"])
        if behaviour in STATUSES:
            if behaviour == "429":
                more["Retry-After"] = "7"
            return self.reply(doc, status=behaviour, media=media, more=more)
        if behaviour == "redirect-loop":
            more["Location"] = "?again"
            return self.reply(b"", status="302", more=more)
        if behaviour == "redirect":
            more["Location"] = (f"https://127.0.0.1:{self.server.base}"
                                f"/keys/good/redirected{tail}")
            return self.reply(b"", status="302", more=more)
        if behaviour in TYPES:
            return self.reply(doc, TYPES[behaviour], status, more)
        if behaviour == "slow":
            return self.trickle(self.head(doc, media, status, more) + doc)
        if behaviour == "half":
            self.request.sendall(self.head(doc, media, status, more) +
                                 doc[:len(doc) // 2])
            return False
        if behaviour == "huge":
            return self.flood(GIGABYTE)
        if behaviour == "endless":
            return self.flood(None)
        if behaviour == "head":
            return self.long_head()
        if behaviour == "bomb":
            self.request.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n")
            for block in bomb():
                self.request.sendall(block)
            return False
        if behaviour == "garbage":
            self.request.sendall(b"\x16\x03\x01 what?\r\n\r\n" * 10)
            return False
        etag = '"' + hashlib.sha256(doc).hexdigest()[:16] + '"'
        if setting.get("etag"):
            more["ETag"] = etag
            if header.get("if-none-match") == etag:
                return self.reply(b"", status="304", more=more)
        return self.reply(doc, media, status, more)

    def head(self, doc: bytes, media: str | None, status: str = "200",
             more: dict | None = None) -> bytes:
        reason = {"200": "OK", "302": "Found", "304": "Not Modified",
                  **STATUSES}[status]
        lines = [f"HTTP/1.1 {status} {reason}"]
        if media:
            lines.append(f"Content-Type: {media}")
        if status not in ("304", "204"):
            lines.append(f"Content-Length: {len(doc)}")
        lines += [f"{k}: {v}" for k, v in (more or {}).items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def reply(self, doc: bytes, media: str | None = JSON,
              status: str = "200", more: dict | None = None) -> bool:
        body = b"" if status in ("304", "204") else doc
        self.request.sendall(self.head(doc, media, status, more) + body)
        return True

    def trickle(self, data: bytes) -> bool:
        """One byte a second."""
        for i in range(len(data)):
            self.request.sendall(data[i:i + 1])
            if self.server.state.over.wait(1):
                return False
        return True

    def flood(self, size: int | None) -> bool:
        length = f"Content-Length: {size}\r\n" if size else ""
        self.request.sendall(
            f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\n{length}"
            "Connection: close\r\n\r\n".encode() + b'{"more": "')
        block = b"a" * (1 << 16)
        for _ in range((size or 4 * GIGABYTE) // len(block)):
            self.request.sendall(block)
        return False

    def long_head(self) -> bool:
        self.request.sendall(b"HTTP/1.1 200 OK\r\n")
        for i in range(1 << 20):
            self.request.sendall(f"X-More-{i}: {'a' * 1000}\r\n".encode())
        return False


class Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, state: State, base: int, index: int):
        self.state, self.base, self.kind = state, base, LISTENERS[index]
        self.count = 0
        self.context = None
        if self.kind not in ("plain", "mute"):
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(state.home / f"tls-{self.kind}.pem",
                                         state.home / f"tls-{self.kind}.key")
        super().__init__(("127.0.0.1", base + index), Handler)

    def next_number(self) -> str:
        with self.state.lock:
            self.count += 1
            return f"{self.kind}-{self.count}"

    def handle_error(self, request, client_address):
        raise       # into the log, with a traceback


def main() -> None:
    home, base = Path(sys.argv[1]), int(sys.argv[2])
    state = State(home)
    # The one that tests wait for comes last.
    for index in reversed(range(len(LISTENERS))):
        listener = Listener(state, base, index)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
    state.over.wait()


if __name__ == "__main__":
    main()
