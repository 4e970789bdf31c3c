"""The decision about a token request depends on what it says, never on how it is written."""

import http.client
import random
import urllib.parse

from conftest import API

BAD = {
    "unknown scope": [("scope", "reports:none")],
    "repeated": [("scope", "reports:read"), ("scope", "reports:read")],
    "unknown audience": [("audience", "https://nowhere.example")],
    "wrong client": [("client_id", "key_00000000000000000000000000")],
}


# threats: TOK-19
def test_order_and_percent_encoding_never_change_the_decision(server, key, short):
    good = [
        ("grant_type", "client_credentials"), ("client_secret", key["key"]), ("audience", API), ("unknown", "a b&c=d"),
    ]
    pick = random.Random(19)
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.public).netloc, timeout=10)
    decisions = {}
    for _ in range(200 if short else 1000):
        kind = pick.choice(["good", *BAD])
        parameters = good + BAD.get(kind, [("scope", "reports:read")])
        pick.shuffle(parameters)
        body = "&".join(f"{written(name, pick)}={written(value, pick)}" for name, value in parameters)
        connection.request("POST", "/oauth2/token", body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        content = answer.read()
        # All of a success but the token itself has to agree.
        decisions.setdefault(kind, set()).add((answer.status, len(content) if answer.status == 200 else content))
    assert {kind: len(found) for kind, found in decisions.items()} == dict.fromkeys(["good", *BAD], 1)
    assert next(iter(decisions["good"]))[0] == 200
    assert all(next(iter(decisions[kind]))[0] == 400 for kind in BAD)


def written(text, pick):
    """The text with every byte escaped, or those that need it, with either kind of hexadecimal digits."""
    if pick.random() < 0.5:
        escaped = "".join(f"%{byte:02X}" for byte in text.encode())
    else:
        escaped = urllib.parse.quote_plus(text)
    return escaped.lower() if pick.random() < 0.5 and not any(c.isupper() for c in text) else escaped
