"""API keys to ask tokens with: made through the admin API, as an administrator would."""

import json
import re

from . import http

AUDIENCE = "https://api.example"
SCOPES = ["reports:read", "reports:write"]
SECRET = re.compile(rb'"key":\s*"(tbk_[0-9A-Za-z]{36})"')


def create(server, count):
    """Makes `count` keys with two scopes and an audience; returns their credentials for HTTP Basic."""
    authorization = b"Bearer " + server.root_key.encode()

    def request(path, value):
        return http.post(path, json.dumps(value).encode(), b"application/json", authorization)

    catalogue = [request(b"/admin/v1/scopes", {"name": name}) for name in SCOPES]
    catalogue.append(request(b"/admin/v1/audiences", {"name": AUDIENCE}))
    http.ask_all(server.admin, catalogue, 201, connections=1, depth=1)
    key = request(b"/admin/v1/keys", {"name": "bench", "scopes": SCOPES, "audiences": [AUDIENCE]})
    # Many at once: the server makes what arrives together durable together.
    bodies = http.ask_all(server.admin, (key for _ in range(count)), 201, connections=256, depth=1)
    return [http.credential(SECRET.search(body)[1]) for body in bodies]


def warm(server, credentials):
    """One token with every key, so that all of them are in memory."""
    http.ask_all(server.public, map(http.token_request, credentials), 200)
