"""API keys to ask tokens with: made through the admin API, as an administrator would."""

import json
import re

from . import http

AUDIENCE = "https://api.example"
SCOPES = ["reports:read", "reports:write"]
SECRET = re.compile(rb'"key":\s*"(tbk_[0-9A-Za-z]{36})"')


GRANT_TYPES = ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "refresh_token"]


def request(server, path, value):
    authorization = b"Bearer " + server.root_key.encode()
    return http.post(path, json.dumps(value).encode(), b"application/json", authorization)


def create(server, count):
    """Makes `count` keys with two scopes and an audience; returns their credentials for HTTP Basic."""
    catalogue = [request(server, b"/admin/v1/scopes", {"name": name}) for name in SCOPES]
    catalogue.append(request(server, b"/admin/v1/audiences", {"name": AUDIENCE}))
    http.ask_all(server.admin, catalogue, 201, connections=1, depth=1)
    key = request(server, b"/admin/v1/keys", {
        "name": "bench", "scopes": SCOPES, "audiences": [AUDIENCE], "grant_types": GRANT_TYPES})
    # Many at once: the server makes what arrives together durable together.
    bodies = http.ask_all(server.admin, (key for _ in range(count)), 201, connections=256, depth=1)
    return [http.credential(SECRET.search(body)[1]) for body in bodies]


def resource_server(server):
    """The credential of a key that may introspect and revoke the tokens of the others."""
    key = request(server, b"/admin/v1/keys", {
        "name": "resource server", "scopes": ["tokens:introspect", "tokens:revoke"], "audiences": [AUDIENCE]})
    body = http.ask_all(server.admin, [key], 201, connections=1, depth=1)[0]
    return http.credential(SECRET.search(body)[1])


def warm(server, credentials):
    """One token with every key, so that all of them are in memory."""
    http.ask_all(server.public, map(http.token_request, credentials), 200)
