# SPDX-License-Identifier: BSD-2-Clause
"""Get tokens of the stage's provider, as a person with a browser would.

    idp_client.py ISSUER CA_FILE USER AUDIENCE [SCOPE...]   prints the token

The device flow of RFC 8628: a program asks for a code, the person opens the
page, says who they are, agrees, and the program fetches the token.  The
person's part is played by filling in the provider's own pages.
"""
import html
import http.cookiejar
import json
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

CLIENT = "stage"
AGENT = "stage-client"      # lets tests tell our requests from the broker's
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Browser:
    """An HTTPS client with cookies; follows redirects."""

    def __init__(self, ca_file: str):
        context = ssl.create_default_context(cafile=ca_file)
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url: str, fields: dict | None = None) -> tuple[str, str]:
        """GET, or POST with fields; (text, address in the end)."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(
            url, data, headers={"User-Agent": AGENT})
        try:
            with self.opener.open(request, timeout=20) as r:
                return r.read().decode(), r.geturl()
        except urllib.error.HTTPError as e:
            raise RuntimeError(f"{url}: {e.code} {e.read().decode()}") from e

    def json(self, url: str, fields: dict | None = None) -> dict:
        return json.loads(self.open(url, fields)[0])


def form_of(page: str, url: str) -> tuple[str, dict] | None:
    """The first form of a page: where it goes, and its fields."""
    form = re.search(r'<form[^>]*?action="([^"]+)"[^>]*>(.*?)</form>',
                     page, re.S)
    if not form:
        return None
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form.group(2)):
        name = re.search(r'\bname="([^"]*)"', tag)
        value = re.search(r'\bvalue="([^"]*)"', tag)
        if name:
            fields[name.group(1)] = html.unescape(
                value.group(1)) if value else ""
    return urllib.parse.urljoin(url, html.unescape(form.group(1))), fields


def agree(ca_file: str, uri: str, user: str, code: str = "",
          deny: bool = False) -> None:
    """The person's part: open the page, type the code where it is not in the
    address, log in, agree; or press Abort where the code is confirmed."""
    browser = Browser(ca_file)
    page, url = browser.open(uri)
    for _ in range(10):
        form = form_of(page, url)
        if form is None:
            return
        action, fields = form
        if fields.get("user_code") == "":
            fields["user_code"] = code
        if "login" in fields:
            fields.update(login=user, password="any")
        if deny and "confirm" in fields:
            browser.open(action, {**fields, "abort": "yes"})
            return
        page, url = browser.open(action, fields)
    raise RuntimeError("the provider's pages come to no end")


def get_tokens(issuer: str, ca_file: str, user: str, audience: str,
               scope: str = "login mail directory") -> dict:
    """The provider's answer: access_token, id_token and so on."""
    program = Browser(ca_file)
    where = program.json(issuer + "/.well-known/openid-configuration")
    device = program.json(where["device_authorization_endpoint"], {
        "client_id": CLIENT, "resource": audience,
        "scope": "openid " + scope})
    agree(ca_file, device["verification_uri_complete"], user)
    return program.json(where["token_endpoint"], {
        "grant_type": GRANT, "client_id": CLIENT, "resource": audience,
        "device_code": device["device_code"]})


def get_token(*args: str) -> str:
    """An access token of this user for this audience."""
    return get_tokens(*args)["access_token"]


if __name__ == "__main__":
    print(get_token(*sys.argv[1:5], *([" ".join(sys.argv[5:])]
                                      if sys.argv[5:] else [])))
