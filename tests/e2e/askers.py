# SPDX-License-Identifier: BSD-2-Clause
"""The broker as a client of the stage's provider: one for each way to sign
in, as the provider registers it and as bearerauth.conf says it."""
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import mint
import stage

ETC = Path("/etc/bearerauth")
# What has a meaning in a form, a header, a URL or a shell, and a blank at
# either end; RFC 6749 section 2.3.1 wants all of it encoded before base64.
VSCHAR = "".join(map(chr, range(0x20, 0x7F)))
KEY_ALGS = ("RS256", "PS256", "ES256", "EdDSA")
TLS_PORT = 8443


@dataclass
class Asker:
    """One registered client."""
    registered: dict
    config: dict
    files: dict = field(default_factory=dict)   # path: contents

    def issuer(self, **more) -> dict:
        """Keys of an [issuer] section that asks as this client."""
        for path, text in self.files.items():
            stage.install_private(Path(path), text)
        return {"verify": "introspection",
                "client_id": self.registered["client_id"],
                **self.config, **more}


def with_secret(method: str, client_id: str, secret: str) -> Asker:
    path = ETC / f"{method}.secret"
    return Asker({"client_id": client_id, "client_secret": secret,
                  "token_endpoint_auth_method": method},
                 {"client_auth": method, "client_secret_file": path},
                 {path: secret + "\n"})


def with_key(alg: str) -> Asker:
    name = f"rs-key-{alg}"
    key = mint.make_key(alg, str(stage.RUN / f"{name}.pem"))
    public = mint.jwk(alg, key, kid=f"{name}-1")
    path = ETC / f"{name}.pem"
    return Asker({"client_id": name, "jwks": {"keys": [public]},
                  "token_endpoint_auth_method": "private_key_jwt",
                  "token_endpoint_auth_signing_alg": alg},
                 {"client_auth": "private_key_jwt", "client_key_file": path,
                  "client_key_id": f"{name}-1", "client_key_algorithm": alg},
                 {path: Path(key).read_text()})


def with_certificate(method: str, signed: bool) -> Asker:
    """By the stage's CA and told by its name, or self-signed and known."""
    name = "rs-tls" if signed else "rs-self"
    base = stage.RUN / name
    key = mint.make_key("RS256", f"{base}.key")
    mint.openssl("req", "-new", "-key", key, "-out", f"{base}.csr",
                 "-subj", f"/CN={name}")
    Path(f"{base}.ext").write_text(
        "subjectAltName=DNS:broker.example.test\n"
        "extendedKeyUsage=clientAuth\n")
    signer = ["-CA", f"{stage.TLS}/ca.pem", "-CAkey", f"{stage.TLS}/ca.key",
              "-CAcreateserial"] if signed else ["-signkey", key]
    mint.openssl("x509", "-req", "-in", f"{base}.csr", *signer, "-days", "2",
                 "-extfile", f"{base}.ext", "-out", f"{base}.pem")
    der = mint.openssl("x509", "-in", f"{base}.pem", "-outform", "DER")
    known = {"tls_client_auth_san_dns": "broker.example.test"} if signed else {
        "jwks": {"keys": [mint.jwk("RS256", key, kid=name, x5c=[
            mint.base64.b64encode(der).decode()])]}}
    files = {ETC / f"{name}.key": Path(key).read_text(),
             ETC / f"{name}.pem": Path(f"{base}.pem").read_text()}
    return Asker({"client_id": name, "token_endpoint_auth_method": method,
                  **known},
                 {"client_auth": method,
                  "client_key_file": ETC / f"{name}.key",
                  "client_certificate_file": ETC / f"{name}.pem",
                  "endpoint_host": f"id.example.test:{TLS_PORT}"}, files)


def with_signed_answers(alg: str) -> Asker:
    """Answers by RFC 9701, signed with this algorithm."""
    a = with_secret("client_secret_basic", f"rs-signed-{alg}",
                    "only for tests")
    a.registered["introspection_signed_response_alg"] = alg
    path = ETC / f"rs-signed-{alg}.secret"
    a.config.update(introspection_answer="jwt", client_secret_file=path)
    a.files = {path: "only for tests\n"}
    return a


def make() -> dict[str, Asker]:
    """All of them, by name."""
    stage.RUN.mkdir(parents=True, exist_ok=True)
    return {
        "client_secret_basic": with_secret(
            "client_secret_basic", "rs:basic %41+&=", VSCHAR.strip()),
        "client_secret_post": with_secret(
            "client_secret_post", "rs:post %41+&=", VSCHAR.strip()),
        "none": Asker({"client_id": "rs-none",
                       "token_endpoint_auth_method": "none"},
                      {"client_auth": "none"}),
        "tls_client_auth": with_certificate("tls_client_auth", True),
        "self_signed_tls_client_auth": with_certificate(
            "self_signed_tls_client_auth", False),
        **{f"private_key_jwt-{x}": with_key(x) for x in KEY_ALGS},
        **{f"signed-{x}": with_signed_answers(x) for x in KEY_ALGS},
    }
