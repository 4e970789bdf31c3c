"""The keys and tokens of a run with very many revoked tokens."""

import base64
import contextlib
import json
import os
import sqlite3
import time

from booth import Connection, form

API = "https://api.example"
# Tokens outlive the run: one that had expired would look as if it had been revoked.
LIFETIME = 3_600
KEYS = 40
MINTING = 16


def answers(booth, requests, width):
    """The answers in order; so many requests are under way at a time, one on each connection."""
    lines = [Connection(booth.public) for _ in range(width)]
    sent = 0
    for number, request in enumerate(requests):
        line = lines[number % width]
        if number >= width:
            yield line.receive()
        line.send(request)
        sent += 1
    for number in range(max(0, sent - width), sent):
        yield lines[number % width].receive()
    for line in lines:
        line.close()


def make_keys(booth):
    """The secrets of the keys whose tokens these are, and of the one that asks about them."""
    bodies = [{"name": f"client-{number}", "audiences": [API]} for number in range(KEYS)]
    bodies.append({"name": "inspector", "audiences": [API], "scopes": ["tokens:introspect"]})
    made = [booth.administer("POST", "keys", body) for body in bodies]
    assert all(answer.status == 201 for answer in made), made
    *keys, inspector = (answer.json()["key"] for answer in made)
    return keys, inspector


def issue(booth, keys, count):
    """So many tokens of each key, as pairs of secret and token."""
    owners = keys * count
    requests = (form("/oauth2/token", key, grant_type="client_credentials") for key in owners)
    tokens = []
    for answer in answers(booth, requests, MINTING):
        assert answer.status == 200, answer
        tokens.append(answer.json()["access_token"])
    return list(zip(owners, tokens))


def identifier(token):
    """The 16 bytes of its `jti`."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return base64.urlsafe_b64decode(claims["jti"] + "==")


def fill(path, count, tokens):
    """Denies these tokens, and as many more as there are to be, in the database of a stopped server."""
    end = int(time.time()) + LIFETIME + 60
    # They come as random as the service's own, and in the order in which they stand: a table that grows at its end.
    step = (1 << 64) // count
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode = DELETE", "synchronous = OFF", "cache_size = -262144"):
            database.execute(f"PRAGMA {pragma}")
        key = database.execute("SELECT min(number) FROM apiKey").fetchone()[0]
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'deniedToken' AND sql IS NOT NULL"
        ).fetchall()
        database.execute("BEGIN")
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        insert = "INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, ?)"
        others = range(count - len(tokens))
        database.executemany(insert, (
            ((number * step).to_bytes(8, "big") + os.urandom(8), end + number % LIFETIME, key) for number in others))
        database.executemany(insert, ((identifier(token), end, key) for _, token in tokens))
        for _, sql in indexes:
            database.execute(sql)
        database.execute("UPDATE deniedTotal SET count = count + ? WHERE id = 1", (count,))
        database.execute("COMMIT")
