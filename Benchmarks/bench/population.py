"""API keys to ask tokens with: made through the admin API, as an administrator would."""

import json
import random
import re

from . import http

AUDIENCE = "https://api.example"
SCOPES = ["reports:read", "reports:write"]
SECRET = re.compile(rb'"key":\s*"(tbk_[0-9A-Za-z]{36})"')
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
PLAIN = ["client_credentials", EXCHANGE]
#: The exponent of Zipf's law for how often keys are used: the one that YCSB uses.
ZIPF = 0.99


def request(server, path, value):
    authorization = b"Bearer " + server.root_key.encode()
    return http.post(path, json.dumps(value).encode(), b"application/json", authorization)


def make_catalogue(server):
    """The scopes and the audience that keys need."""
    catalogue = [request(server, b"/admin/v1/scopes", {"name": name}) for name in SCOPES]
    catalogue.append(request(server, b"/admin/v1/audiences", {"name": AUDIENCE}))
    http.ask_all(server.admin, catalogue, 201, connections=1, depth=1)


def create(server, count, grant_types=PLAIN, scopes=SCOPES):
    """Makes `count` keys with an audience; returns their credentials for HTTP Basic."""
    key = request(server, b"/admin/v1/keys", {
        "name": "bench", "scopes": scopes, "audiences": [AUDIENCE], "grant_types": grant_types})
    # Many at once: the server makes what arrives together durable together.
    bodies = http.ask_all(
        server.admin, (key for _ in range(count)), 201, connections=min(count, 256), depth=1)
    return [http.credential(SECRET.search(body)[1]) for body in bodies]


def resource_server(server):
    """The credential of a key that may introspect and revoke the tokens of the others."""
    return create(server, 1, PLAIN, ["tokens:introspect", "tokens:revoke"])[0]


def zipf_draws(credentials, count):
    """`count` credentials, the k-th of them drawn with a probability in proportion to k to the power of -0.99."""
    weights = [(rank + 1) ** -ZIPF for rank in range(len(credentials))]
    return random.choices(credentials, weights, k=count)
