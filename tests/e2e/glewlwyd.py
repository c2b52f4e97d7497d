# SPDX-License-Identifier: BSD-2-Clause
"""Debian's Glewlwyd as a second real provider.

Its access tokens are JWTs (RFC 9068), and unlike the other provider it tells
of these, too, whether they are still good, and can take them back.
"""
import base64
import http.cookiejar
import json
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import idp_client
import mint
import stage

SCHEMA = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
ADMIN = {"username": "admin", "password": "password"}   # of the fresh schema
CLIENT, SECRET = "stage-gl", "only-for-tests-1"
RESOURCE, RESOURCE_SECRET = "stage-rs", "only-for-tests-2"
SCOPES = ("login", "mail", "directory")
DEVICE_INTERVAL, DEVICE_EXPIRES = 1, 120    # s
AUDIENCE = "https://login.example.test"

CONFIG = """\
port={port}
bind_address="127.0.0.1"
external_url="https://{host}:{port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="DEBUG"
cookie_secure=1
session_expiration=86400
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=true
secure_connection_key_file="{tls}/server.key"
secure_connection_pem_file="{tls}/server.pem"
hash_algorithm="SHA512"
database={{ type="sqlite3"; path="{dir}/db"; }};
"""


class Answer(Exception):
    """The server said no: its status and what it wrote."""


class Web:
    """JSON over HTTPS, with cookies."""

    def __init__(self, base: str):
        self.base = base
        context = ssl.create_default_context(cafile=f"{stage.TLS}/ca.pem")
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def send(self, method: str, path: str, data: bytes | None = None,
             **header: str):
        request = urllib.request.Request(
            self.base + path, data, method=method, headers={
                "User-Agent": idp_client.AGENT, **header})
        try:
            with self.opener.open(request, timeout=20) as r:
                text = r.read().decode()
        except urllib.error.HTTPError as e:
            raise Answer(f"{method} {path}: {e.code} {e.read()}") from e
        return json.loads(text) if text else None

    def json(self, method: str, path: str, value=None):
        return self.send(method, path,
                         None if value is None else
                         json.dumps(value).encode(),
                         **{"Content-Type": "application/json"})

    def form(self, path: str, client: str, secret: str, /, **fields: str):
        """As a client that signs in by RFC 6749 section 2.3.1."""
        pair = ":".join(urllib.parse.quote_plus(x) for x in (client, secret))
        return self.send(
            "POST", path, urllib.parse.urlencode(fields).encode(),
            Authorization="Basic " + base64.b64encode(pair.encode()).decode())


class Glewlwyd(stage.Server):
    """On a port of its own, with a database of its own."""

    def __init__(self, host: str = "glewlwyd.example.test",
                 port: int = 4593):
        stage.make_tls()
        self.issuer = f"https://{host}:{port}/api/oidc"
        self.dir = stage.RUN / "glewlwyd"
        self.dir.mkdir(parents=True, exist_ok=True)
        with open(SCHEMA, "rb") as schema:
            subprocess.run(["sqlite3", str(self.dir / "db")], stdin=schema,
                           check=True)
        config = self.dir / "glewlwyd.conf"
        config.write_text(CONFIG.format(
            host=host, port=port, dir=self.dir, tls=stage.TLS))
        super().__init__("glewlwyd", ["glewlwyd", "-c", str(config)],
                         lambda: stage.port_open(port))
        self.web = Web(f"https://{host}:{port}/api")
        self.set_up()

    def set_up(self) -> None:
        """What an administrator would do by its pages."""
        web = self.web
        web.json("POST", "/auth", ADMIN)
        web.json("POST", "/mod/plugin", {
            "module": "oidc", "name": "oidc", "display_name": "stage",
            "parameters": self.parameters()})
        for scope in SCOPES:
            web.json("POST", "/scope", {
                "name": scope, "display_name": scope,
                "password_required": False, "scheme": {}})
        for name, secret, kinds in (
                (CLIENT, SECRET, ["password", "client_credentials",
                                  "device_authorization"]),
                (RESOURCE, RESOURCE_SECRET, [])):
            web.json("POST", "/client?source=database", {
                "client_id": name, "name": name, "enabled": True,
                "confidential": True, "client_secret": secret,
                "authorization_type": kinds, "redirect_uri": [],
                "token_endpoint_auth_method": ["client_secret_basic"],
                "scope": list(SCOPES)})
        for user in ("alice", "bob"):
            web.json("POST", "/user?source=database", {
                "username": user, "name": user, "enabled": True,
                "email": f"{user}@staff.example.test",
                "password": self.password(user),
                "scope": ["openid", *SCOPES]})

    def parameters(self) -> dict:
        key = mint.make_rsa(str(stage.RUN / "glewlwyd.pem"))
        return {
            "iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256",
            "key": stage.Path(key).read_text(),
            "cert": mint.openssl("rsa", "-in", key, "-pubout").decode(),
            "access-token-duration": 3600, "refresh-token-duration": 86400,
            "code-duration": 600, "refresh-token-rolling": False,
            "allow-non-oidc": True, "auth-type-client-enabled": True,
            "auth-type-password-enabled": True,
            "auth-type-refresh-enabled": False,
            "auth-type-device-enabled": True,
            "device-authorization-expiration": DEVICE_EXPIRES,
            "device-authorization-interval": DEVICE_INTERVAL,
            "additional-parameters": [{
                "user-parameter": "name",
                "token-parameter": "preferred_username"}],
            "introspection-revocation-allowed": True,
            "introspection-revocation-auth-scope": [],
            "introspection-revocation-allow-target-client": True,
            "resource-allowed": True,
            "resource-scope": {x: [AUDIENCE] for x in SCOPES},
            "resource-scope-and-client-property": False,
            "jwks-show": True, "subject-type": "public",
        }

    @staticmethod
    def password(user: str) -> str:
        return f"{user} and nobody else"

    def token(self, user: str, scope: str = " ".join(SCOPES)) -> str:
        """A new one of this user."""
        return self.web.form(
            "/oidc/token", CLIENT, SECRET, grant_type="password",
            username=user, password=self.password(user), scope=scope,
            resource=AUDIENCE)["access_token"]

    def introspect(self, token: str, user: str = RESOURCE,
                   password: str = RESOURCE_SECRET) -> dict:
        return self.web.form("/oidc/introspect", user, password, token=token)

    def revoke(self, token: str) -> None:
        self.web.form("/oidc/revoke", CLIENT, SECRET, token=token)

    def approve(self, user_code: str, user: str,
                scope: str = "openid login") -> None:
        """What somebody does who types the code into its page."""
        web = Web(self.web.base)
        web.json("POST", "/auth", {"username": user,
                                   "password": self.password(user)})
        web.json("PUT", f"/auth/grant/{CLIENT}", {"scope": scope})
        # It sends people on to a page that is not installed here, with the
        # outcome in the address.
        try:
            web.send("GET", "/oidc/device?" + urllib.parse.urlencode(
                {"code": user_code, "g_continue": ""}))
        except Answer as e:
            if "prompt=deviceComplete" not in e.__cause__.geturl():
                raise

    def too_soon(self, seconds: int) -> None:
        """As if each device had just asked, and for that long: who asks next
        is told to slow down."""
        self.sql("UPDATE gpo_device_authorization SET gpoda_last_check = "
                 f"strftime('%s','now') + {seconds} WHERE gpoda_status = 0")

    def last_polls(self) -> list[int]:
        """When each device last asked."""
        return [int(x) for x in self.sql(
            "SELECT gpoda_last_check FROM gpo_device_authorization "
            "ORDER BY gpoda_id").split()]

    def sql(self, command: str) -> str:
        return subprocess.run(
            ["sqlite3", "-cmd", ".timeout 5000", str(self.dir / "db"),
             command], check=True, text=True,
            stdout=subprocess.PIPE).stdout
