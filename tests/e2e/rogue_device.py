# SPDX-License-Identifier: BSD-2-Clause
"""The device flow (RFC 8628) of the provider that misbehaves; see rogue.py.

    /device/BEHAVIOUR[/OPTION=VALUE...]     the first answer is spoiled
    /token/BEHAVIOUR[/OPTION=VALUE...]      the answers to polls are

Nobody has to approve anything: the first poll is answered by "pending", the
second by a token of alice.  Options: interval, expires (seconds), pending
(how often), error (of the first answer), and times: a behaviour that any
endpoint can have ends with so many polls.
"""
import secrets
import time

import mint

CONTROLS = "\x1b[2J\x1b]0;x\x07\r\b\u202e\u200b\x9b31m"
# Nothing is left of these.
BARE_CONTROLS = "\x1b\x07\r\b\u202e\u200b\x9b\x7f"
HUGE = 1 << 30


class Codes:
    """What was given out: one for each login."""

    def __init__(self):
        self.given: dict[str, dict] = {}

    def new(self, issuer: str, life: float) -> dict:
        code = {"issuer": issuer, "polls": 0, "device": secrets.token_hex(20),
                "user": "-".join(secrets.token_hex(2).upper()
                                 for _ in range(2)),
                "end": time.monotonic() + life}
        self.given[code["device"]] = code
        return code

    def all(self) -> list[dict]:
        return list(self.given.values())


def options(issuer: str) -> dict[str, str]:
    return dict(x.split("=", 1) for x in issuer.split("/") if "=" in x)


def over(codes: Codes, issuer: str, fields: dict) -> bool:
    """Has what is wrong with the polls been wrong often enough?"""
    code = codes.given.get(fields.get("device_code", ""), {"polls": 0})
    return code["polls"] > int(options(issuer).get("times", HUGE))


def without(values: dict) -> dict:
    return {k: v for k, v in values.items() if v is not None}


def first_answer(codes: Codes, base: str, issuer: str,
                 behaviour: str) -> tuple[str, dict]:
    """Status and document of RFC 8628 section 3.2."""
    given = options(issuer)
    if "error" in given:
        return ("401" if behaviour == "401" else "400",
                {"error": given["error"]})
    life = int(given.get("expires", 60))
    code = codes.new(issuer, life)
    doc = {"device_code": code["device"], "user_code": code["user"],
           "verification_uri": base + "/page", "expires_in": life,
           "verification_uri_complete":
               f"{base}/page?user_code={code['user']}",
           "interval": int(given.get("interval", 1))}
    uri = doc["verification_uri"]
    doc.update({
        "no-interval": {"interval": None},
        "interval-zero": {"interval": 0},
        "interval-negative": {"interval": -5},
        "interval-string": {"interval": "5"},
        "interval-huge": {"interval": 1000000000},
        "interval-overflow": {"interval": 1 << 63},
        "interval-bool": {"interval": True},
        "no-expires": {"expires_in": None},
        "expires-zero": {"expires_in": 0},
        "expires-negative": {"expires_in": -1},
        "expires-string": {"expires_in": "60"},
        "expires-overflow": {"expires_in": 1 << 63},
        "no-uri": {"verification_uri": None},
        "verification-url": {"verification_uri": None,
                             "verification_url": uri},
        "uri-http": {"verification_uri": uri.replace("https:", "http:")},
        "uri-script": {"verification_uri": "javascript:alert(1)"},
        "uri-number": {"verification_uri": 7},
        "uri-controls": {"verification_uri": uri + BARE_CONTROLS},
        "uri-long": {"verification_uri": uri + "/" + "a" * 600},
        "no-complete": {"verification_uri_complete": None},
        "complete-http": {"verification_uri_complete": uri.replace(
            "https:", "http:") + "?complete"},
        "no-code": {"user_code": None},
        "code-empty": {"user_code": ""},
        "code-number": {"user_code": 12345678},
        "code-long": {"user_code": "B" * 33},
        "code-32": {"user_code": "B" * 32},
        "code-controls": {"user_code": code["user"][:4] + CONTROLS +
                          code["user"][4:]},
        "code-only-controls": {"user_code": "\x1b\x07\u202e"},
        "no-device-code": {"device_code": None},
        "device-code-empty": {"device_code": ""},
        "device-code-number": {"device_code": 7},
        "device-code-long": {"device_code": "d" * 1025},
    }.get(behaviour, {}))
    doc = without(doc)
    if behaviour == "interval-null":
        doc["interval"] = None
    return "200", doc


ERRORS = {"access-denied": ("400", "access_denied"),
          "expired-token": ("400", "expired_token"),
          "unknown-error": ("400", "out_of_cheese"),
          "invalid-grant": ("400", "invalid_grant"),
          "invalid-client": ("401", "invalid_client"),
          "invalid-client-400": ("400", "invalid_client"),
          "unauthorized-client": ("400", "unauthorized_client"),
          "denied-200": ("200", "access_denied"),
          "pending-200": ("200", "authorization_pending"),
          "error-number": ("400", 7), "error-missing": ("400", None)}


def token_of(base: str, home, behaviour: str):
    """What is handed over as access_token."""
    now = int(time.time())
    who = "bob" if behaviour == "token-bob" else "alice"
    claims = mint.claims_for(base, who, "urn:stage:rs256")
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "rogue-1"}
    key = "rogue-2" if behaviour == "token-forged" else "rogue-1"
    if behaviour == "token-expired":
        claims.update(iat=now - 7200, exp=now - 3600)
    elif behaviour == "token-audience":
        claims["aud"] = "urn:stage:elsewhere"
    elif behaviour == "token-issuer":
        claims["iss"] = "https://id.example.test"
    elif behaviour == "token-scope":
        claims["scope"] = "mail"
    elif behaviour == "token-none":
        return mint.join({**header, "alg": "none"}, claims) + "."
    token = mint.sign(header, claims, str(home / f"{key}.pem"))
    return {"token-blank": token[:40] + " " + token[40:],
            "token-line": token + "\n", "token-quote": token + '"',
            "token-empty": "", "token-number": 7, "token-null": None,
            "token-list": [token], "token-opaque": "just-a-text",
            "token-long": token + "A" * 65536,
            "token-of-64k": "A" * 65536}.get(behaviour, token)


def poll_answer(codes: Codes, base: str, issuer: str, behaviour: str,
                fields: dict, home) -> tuple[str, dict]:
    """Status and document of section 3.5."""
    code = codes.given.get(fields.get("device_code", ""))
    if code is None or code["issuer"] != issuer:
        return "400", {"error": "invalid_grant"}
    code["polls"] += 1
    n = code["polls"]
    if time.monotonic() > code["end"]:
        return "400", {"error": "expired_token"}
    given = options(issuer)
    if behaviour in ERRORS:
        status, error = ERRORS[behaviour]
        return status, without({"error": error})
    if behaviour.startswith("slow-down"):
        if n <= int(behaviour.removeprefix("slow-down-")):
            return "400", {"error": "slow_down"}
    elif n <= int(given.get("pending", 1)) or behaviour == "pending":
        return "400", {"error": "authorization_pending"}
    doc = {"access_token": token_of(base, home, behaviour),
           "token_type": "Bearer", "expires_in": 3600}
    doc.update({"type-missing": {"token_type": None},
                "type-mac": {"token_type": "mac"},
                "type-dpop": {"token_type": "DPoP"},
                "type-number": {"token_type": 7},
                "type-lower": {"token_type": "bearer"},
                "token-missing": {"access_token": None},
                "token-and-error": {"error": "access_denied"},
                "refresh-too": {"refresh_token": "to be forgotten",
                                "id_token": "likewise"},
                }.get(behaviour, {}))
    doc = doc if behaviour == "token-null" else without(doc)
    return "400" if behaviour == "token-400" else "200", doc
