# SPDX-License-Identifier: BSD-2-Clause
"""Make tokens that no provider would, with openssl(1) as the only signer.

Every forgery is made from a token that is good, and has one defect, so that
what refuses it is the check for that defect.
"""
import base64
import hmac
import json
import os
import re
import subprocess
import time


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token: str) -> tuple[dict, dict]:
    """Header and claims of a token."""
    header, claims, _ = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(claims))


def openssl(*args: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *args], input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE).stdout


def raw_ecdsa(der: bytes) -> bytes:
    """DER SEQUENCE of r and s to the two times 32 bytes of RFC 7518 3.4."""
    assert der[0] == 0x30
    out, at = b"", 2
    for _ in range(2):
        assert der[at] == 2
        n = der[at + 1]
        out += der[at + 2:at + 2 + n].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + n
    return out


def signature(alg: str, key: str, data: bytes) -> bytes:
    """By the private key in the PEM file key."""
    if alg == "RS256":
        return openssl("dgst", "-sha256", "-sign", key, data=data)
    if alg == "PS256":
        return openssl("dgst", "-sha256", "-sigopt",
                       "rsa_padding_mode:pss", "-sigopt",
                       "rsa_pss_saltlen:digest", "-sign", key, data=data)
    if alg == "ES256":
        return raw_ecdsa(openssl("dgst", "-sha256", "-sign", key, data=data))
    if alg == "EdDSA":      # openssl reads what it signs from a file only
        name = key + ".tbs"
        with open(name, "wb") as f:
            f.write(data)
        try:
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key,
                           "-in", name)
        finally:
            os.unlink(name)
    raise ValueError(alg)


def join(header: dict, claims: dict) -> str:
    return ".".join(b64(json.dumps(x, separators=(",", ":")).encode())
                    for x in (header, claims))


def sign(header: dict, claims: dict, key: str) -> str:
    """A well-signed token by header["alg"]."""
    text = join(header, claims)
    return text + "." + b64(signature(header["alg"], key, text.encode()))


def sign_hmac(header: dict, claims: dict, secret: bytes) -> str:
    """By header["alg"]: HS256, HS384 or HS512."""
    text = join(header, claims)
    return text + "." + b64(hmac.new(
        secret, text.encode(), "sha" + header["alg"][2:]).digest())


def make_rsa(path: str) -> str:
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
            "rsa_keygen_bits:2048", "-out", path)
    return path


def rsa_jwk(key: str, **more: str) -> dict:
    """The public half of an RSA key in a PEM file, as a JWK."""
    text = openssl("rsa", "-in", key, "-noout", "-modulus").decode()
    n = bytes.fromhex(re.sub(r"^Modulus=", "", text.strip()))
    return {"kty": "RSA", "n": b64(n), "e": "AQAB", **more}


def make_key(alg: str, path: str) -> str:
    """A private key for this algorithm, in a PEM file."""
    if alg in ("RS256", "PS256"):
        return make_rsa(path)
    kind = ["ED25519"] if alg == "EdDSA" else [
        "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl("genpkey", "-algorithm", *kind, "-out", path)
    return path


def jwk(alg: str, key: str, **more) -> dict:
    """The public half of a PEM file made by make_key()."""
    more = {"alg": alg, "use": "sig", **more}
    if alg in ("RS256", "PS256"):
        return rsa_jwk(key, **more)
    # The point stands at the end of the public key's DER.
    der = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
    if alg == "EdDSA":
        return {"kty": "OKP", "crv": "Ed25519", "x": b64(der[-32:]), **more}
    return {"kty": "EC", "crv": "P-256", "x": b64(der[-64:-32]),
            "y": b64(der[-32:]), **more}


def claims_for(issuer: str, user: str, audience: str, **more) -> dict:
    """The claims of RFC 9068 section 2.2, good for an hour."""
    now = int(time.time())
    return {"iss": issuer, "aud": audience, "sub": user, "client_id": "stage",
            "iat": now, "exp": now + 3600, "jti": b64(os.urandom(12)),
            "scope": "login mail directory", "preferred_username": user,
            **more}


def forgeries(good: str, key: str, other_key: str, own_key: str) -> dict:
    """What must never be accepted, by name.

    good       a token of the real provider, RS256
    key        the provider's private key (to sign what it would not)
    other_key  that of another provider which is configured too, and which
               calls its key by the same name
    own_key    a key that nobody knows
    """
    header, claims = parts(good)
    text, _, _ = good.rpartition(".")
    public = openssl("pkey", "-in", key, "-pubout")

    embedded = {**header, "jwk": rsa_jwk(own_key, kid=header["kid"])}
    return {
        "garbage-signature": text + "." + b64(os.urandom(256)),
        "foreign-issuer": sign(header, {
            **claims, "iss": "https://foreign.example.test"}, own_key),
        "exp-in-1970": sign(header, {**claims, "exp": 1}, key),
        "alg-none": join({**header, "alg": "none"}, claims) + ".",
        "alg-none-with-signature":
            join({**header, "alg": "nOnE"}, claims) + "." +
            b64(os.urandom(256)),
        "hs256-by-public-key":
            sign_hmac({**header, "alg": "HS256"}, claims, public),
        "embedded-jwk": sign(embedded, claims, own_key),
        "other-issuers-key": sign(header, claims, other_key),
        "other-claims-same-signature":
            join(header, {**claims, "scope": "login mail directory all"}) +
            "." + good.rpartition(".")[2],
    }
