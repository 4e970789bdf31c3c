#!/usr/bin/env python3
"""Ten million access tokens that are revoked: what they cost at the start, in memory, per revocation and per look-up.

usage: denials.py BINARY [--denied 10000000] [--lookups 1000000] [--seed S] [--junit FILE]

Most of them are written into the database of a server that is not running, among them some that it has issued; then it
starts. The last twenty thousand are revoked through it, until there are as many as it takes, and the next one must be
refused. Then it is asked about live and revoked tokens by turns, and must be right about every one.

The limits, with ten million: ready within 10 s (and told: when all are in memory, for before that the database is
asked), no more than 512 MiB of resident memory at any time, p99 of a revocation at most 20 ms, with 8 under way at a
time, and of an introspection 1 ms, with 4 under way. These two are the server's own times, `duration_us` of its access
log: from the first byte of a request that it has read until the answer is handed over. What a client sees is longer
by whatever the machine does in between, and here both share two cores.

Takes some two minutes and 2 GB of disk. Exits 1 when a limit is passed or an answer is wrong.
"""

import argparse
import base64
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import sqlite3
import sys
import tempfile
import time

from booth import Booth, Connection, form
from report import Report

API = "https://api.example"
# Tokens outlive the run: one that had expired would look as if it had been revoked.
LIFETIME = 3_600
SETTINGS = {"access_token_ttl": {"default": LIFETIME, "max": LIFETIME}}
KEYS = 40
# Tokens of each key. A key may have a thousand revoked.
LIVE, STORED, REVOKED = 100, 100, 500
MINTING, REVOKING, ASKING = 16, 8, 4

MOST_SECONDS_TO_READY = 10
MOST_MEBIBYTES = 512
MOST_REVOCATION_MICROSECONDS = 20_000
MOST_LOOKUP_MICROSECONDS = 1_000
REQUEST = re.compile(rb'"operation":"(revokeToken|introspectToken)","status":([0-9]+),"duration_us":([0-9]+)')


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


def wait_until_loaded(booth, count):
    end = time.monotonic() + 300
    while (loaded := booth.metrics()["tokenbooth_denied_tokens"]) < count:
        assert time.monotonic() < end, f"after five minutes {loaded} of {count} tokens are in memory"
        time.sleep(0.1)


def revoke(booth, tokens):
    """Whatever went wrong when these tokens were revoked."""
    requests = (form("/oauth2/revoke", key, token=token) for key, token in tokens)
    return [f"a revocation was answered {answer}" for answer in answers(booth, requests, REVOKING) if answer.status != 200]


def look_up(booth, inspector, live, denied, count, rng):
    """Whatever the server says wrongly of tokens of both kinds, half and half."""
    choice = [(kind, form("/oauth2/introspect", inspector, token=token))
              for kind, tokens in ((True, live), (False, denied)) for _, token in tokens]
    weights = [1 / len(live if is_live else denied) for is_live, _ in choice]
    asked = rng.choices(choice, weights, k=count)
    wrong = collections.Counter()
    for (is_live, _), answer in zip(asked, answers(booth, (request for _, request in asked), ASKING)):
        is_active = answer.body.startswith(b'{"active":true,')
        if answer.status != 200 or is_active != is_live or not (is_active or answer.body == b'{"active":false}'):
            wrong[f"a {'live' if is_live else 'revoked'} token was answered {answer}"] += 1
    return [f"{text}, {number} times" for text, number in wrong.items()]


def peak_mebibytes(booth):
    status = pathlib.Path(f"/proc/{booth.process.pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+([0-9]+) kB$", status, re.MULTILINE)[1]) / 1024


def durations(booth):
    """Microseconds of all that was answered with 200, in order, by operation."""
    found = collections.defaultdict(list)
    with (booth.folder / "log").open("rb") as log:
        for line in log:
            if (match := REQUEST.search(line)) and match[2] == b"200":
                found[match[1].decode()].append(int(match[3]))
    return {operation: sorted(times) for operation, times in found.items()}


class Limits:
    """What was measured, printed as it comes, and what of it is too much."""

    def __init__(self):
        self.faults = []

    def hold(self, what, value, most, unit):
        print(f"denials: {what}: {value:,.2f} {unit}, at most {most:,}", flush=True)
        if value > most:
            self.faults.append(f"{what}: {value:.2f} {unit}, more than {most}")

    def hold_p99(self, what, times, count, most):
        # The log lets lines go rather than make an answer wait.
        if len(times) < count * 0.99:
            self.faults.append(f"the access log has {len(times)} of {count} {what}s")
        else:
            self.hold(f"p99 of {len(times)} {what}s", times[len(times) * 99 // 100] / 1000, most / 1000, "ms")


def torture(folder, options):
    rng, limits = random.Random(options.seed), Limits()
    booth = Booth(os.path.abspath(options.binary), folder, SETTINGS).start()
    try:
        keys, inspector = make_keys(booth)
        live, stored = issue(booth, keys, LIVE), issue(booth, keys, STORED)
        booth.stop()
        count = options.denied - KEYS * REVOKED
        fill(booth.folder / "data" / "tokenbooth.db", count, stored)

        begin = time.monotonic()
        booth.start()
        limits.hold(f"ready with {count} revoked tokens", time.monotonic() - begin, MOST_SECONDS_TO_READY, "s")
        wait_until_loaded(booth, count)
        print(f"denials: all in memory {time.monotonic() - begin:.1f} s after the start", flush=True)

        live += issue(booth, keys, LIVE)
        revoked = issue(booth, keys, REVOKED)
        limits.faults += revoke(booth, revoked)
        # What the service takes is 10 000 000.
        if options.denied == 10_000_000:
            (answer,) = answers(booth, [form("/oauth2/revoke", keys[0], token=live[0][1])], 1)
            if answer.status != 503:
                limits.faults.append(f"one revocation too many was answered {answer}")
        held = booth.metrics()["tokenbooth_denied_tokens"]
        if held != options.denied:
            limits.faults.append(f"{held} revoked tokens are in memory, not {options.denied}")
        begin = time.monotonic()
        limits.faults += look_up(booth, inspector, live, stored + revoked, options.lookups, rng)
        print(f"denials: {options.lookups} look-ups in {time.monotonic() - begin:.0f} s", flush=True)

        limits.hold("peak of resident memory", peak_mebibytes(booth), MOST_MEBIBYTES, "MiB")
        if (status := booth.stop()) != 0:
            limits.faults.append(booth.last_words())
        times = durations(booth)
        limits.hold_p99("revocation", times.get("revokeToken", []), len(revoked), MOST_REVOCATION_MICROSECONDS)
        limits.hold_p99("look-up", times.get("introspectToken", []), options.lookups, MOST_LOOKUP_MICROSECONDS)
    finally:
        booth.kill()
    return limits.faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--denied", type=int, default=10_000_000, help="revoked tokens in the end")
    parser.add_argument("--lookups", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    print(f"denials: seed {options.seed}", flush=True)

    # threats: REV-14
    def test_ten_million_revoked_tokens_stay_cheap():
        with tempfile.TemporaryDirectory(prefix="tokenbooth-denials-") as folder:
            return torture(folder, options)

    report = Report("denials", options.junit)
    report.run(test_ten_million_revoked_tokens_stay_cheap)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
