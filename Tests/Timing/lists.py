#!/usr/bin/env python3
"""Measures how long a page of API keys takes when there are a hundred thousand, for every filter and order.

usage: lists.py BINARY [--keys N] [--rounds N] [--most MILLISECONDS] [--junitxml FILE]

The keys are written into the database of a server that is not running; then it serves. They are spread unevenly on
purpose: some projects, roles and scopes belong to the last tenth only, so that whoever looks for them from the other
end passes over all others. Of each request the median of the rounds is printed, from the first byte sent to the last
byte read over one kept connection. So it is of keys asked for by identifier and by secret, another one each time.

Exits 1 when a median is above the limit, 20 ms by default.
"""

import argparse
import contextlib
import hashlib
import http.client
import itertools
import json
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zlib

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# One key in so many is asked for by itself.
EACH = 1_000


class Server:
    def __init__(self, binary, folder):
        self.log = pathlib.Path(folder) / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    binary, "serve", "--data-dir", f"{folder}/data", "--keys-dir", f"{folder}/keys",
                    "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
                ],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )
        ready = self._ready()
        self.root_key = pathlib.Path(folder, "keys", "root.key").read_text(encoding="ascii").strip()
        port = int(ready["admin"].rpartition(":")[2])
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def _ready(self):
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.endswith("\n") and (event := json.loads(line)).get("message") == "ready":
                    return event
            time.sleep(0.02)
        sys.exit(f"lists: the server did not start:\n{self.log.read_text(encoding='utf-8')}")

    def ask(self, method, path, **members):
        headers = {"Authorization": f"Bearer {self.root_key}", "Content-Type": "application/json"}
        self.connection.request(method, f"/admin/v1/{path}", json.dumps(members) if members else None, headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status >= 300:
            sys.exit(f"lists: {method} {path} was answered {answer.status}: {body.decode()}")
        return json.loads(body)

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


def identifier(blob):
    """The text of a ULID."""
    number, text = int.from_bytes(blob, "big"), ""
    for _ in range(26):
        text, number = CROCKFORD[number % 32] + text, number // 32
    return text


def secret(number):
    """An API key with its check sum, one for each number."""
    body = f"tbk_{number:030}"
    check, rest = "", zlib.crc32(body.encode())
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        check = BASE62[digit] + check
    return body + check


def prepare(server):
    """Twenty combinations of what keys hold: ten that most keys share, ten of the last tenth."""
    for name in ("common", "rare"):
        server.ask("POST", "scopes", name=f"{name}:own")
        server.ask("POST", "scopes", name=f"{name}:role")
        server.ask("POST", "projects", name=name)
        server.ask("POST", "roles", name=name, scopes=[f"{name}:role"])
        server.ask("POST", "groups", name=name)
    owner = server.ask("POST", "keys", name="owner")["id"]
    for number in range(20):
        name = "common" if number < 10 else "rare"
        server.ask(
            "POST", "keys", name=f"pattern-{number}", project=name, scopes=[f"{name}:own"], roles=[name],
            groups=[name], audiences=[f"https://{name}.example/{number}", f"https://{name}.example"],
        )
    return owner


def fill(folder, count):
    """Copies of the patterns, in the columns that a key has, whatever these are; (identifier, secret) of some."""
    known = []
    with contextlib.closing(sqlite3.connect(f"{folder}/data/tokenbooth.db")) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(apiKey)")]
        patterns = [
            dict(zip(columns, row))
            for row in database.execute("SELECT * FROM apiKey WHERE name LIKE 'pattern-%' ORDER BY number")
        ]
        owner = database.execute("SELECT number FROM apiKey WHERE name = 'owner'").fetchone()[0]
        last = int.from_bytes(database.execute("SELECT max(id) FROM apiKey").fetchone()[0], "big")
        now = int(time.time())
        rows = []
        for number in range(count):
            row = dict(patterns[number % 10 + (10 if number >= count * 9 // 10 else 0)])
            blob = (last + (number + 1) * 1000).to_bytes(16, "big")
            row.update(
                number=None, id=blob, digest=(number + 1).to_bytes(32, "big"), statusList=None, statusPosition=None,
                subject=f"key_{identifier(blob)}", name=f"{'rare' if number >= count * 9 // 10 else 'key'}-{number:06}",
                isDisabled=int(number % 50 == 0), revokedAt=now if number % 20 == 7 else None,
                expiresAt=now - 60 if number % 40 == 3 else now + 10**7 if number % 3 == 0 else None,
            )
            if number % 10 == 0:
                row["owner"] = owner
            if number % EACH == 0:
                known.append((f"key_{identifier(blob)}", secret(number)))
                row["digest"] = hashlib.sha256(known[-1][1].encode()).digest()
            rows.append(tuple(row[column] for column in columns))
        database.executemany(f"INSERT INTO apiKey VALUES ({', '.join('?' * len(columns))})", rows)
    return known


def queries(owner):
    filters = [
        {}, {"name": "key-050000"}, {"name_prefix": "key-0"}, {"name_prefix": "rare-"}, {"name_prefix": "key-0500"},
        {"project": "common"}, {"project": "rare"}, {"owner": owner}, {"scope": "common:own"}, {"scope": "rare:own"},
        {"scope": "rare:role"}, {"role": "rare"}, {"group": "rare"}, {"audience": "https://rare.example"},
        {"audience": "https://rare.example/15"}, {"status": "active"}, {"status": "disabled"}, {"status": "expired"},
        {"status": "revoked"}, {"include_revoked": "true"},
    ]
    pairs = [{**first, **second} for first, second in itertools.combinations(filters[1:], 2) if not first.keys() & second.keys()]
    for members in filters + pairs:
        for order in ("created_at", "-created_at", "name", "-name"):
            yield {**members, "sort": order}


class Table:
    """What was measured: a line for each request, and the slowest in the end."""

    def __init__(self, server, rounds):
        self.server, self.rounds, self.rows = server, rounds, []

    def measure(self, title, requests):
        """The median time of `requests`, (method, path, members) each; the first one only warms up."""
        times, found = [], 0
        for method, path, members in requests:
            start = time.perf_counter()
            answer = self.server.ask(method, path, **members)
            times.append((time.perf_counter() - start) * 1000)
            found = len(answer["items"]) if "items" in answer else 1
        self.rows.append((statistics.median(times[1:]), found, title))
        self._print(self.rows[-1])

    def pages(self, owner):
        for query in queries(owner):
            path = "keys?" + urllib.parse.urlencode(query)
            self.measure(urllib.parse.unquote(path), [("GET", path, {})] * (self.rounds + 1))

    def single(self, known):
        """Every one of the known keys once, which nobody has asked for before."""
        self.measure("GET keys/{id}", [("GET", f"keys/{name}", {}) for name, _ in known])
        self.measure("POST keys/lookup", [("POST", "keys/lookup", {"key": key}) for _, key in known])

    def slowest(self):
        self.rows.sort(reverse=True)
        print(f"{len(self.rows)} queries; the slowest:")
        for row in self.rows[:5]:
            self._print(row)
        return self.rows[0]

    @staticmethod
    def _print(row):
        print(f"{row[0]:8.2f} ms  {row[1]:3} keys  {row[2]}")


def test_no_list_and_no_key_takes_longer_than_the_limit(folder, arguments):
    """What is wrong, or None."""
    server = Server(arguments.binary, folder)
    owner = prepare(server)
    server.stop()
    known = fill(folder, arguments.keys)
    server = Server(arguments.binary, folder)
    try:
        table = Table(server, arguments.rounds)
        table.single(known)
        table.pages(owner)
    finally:
        server.stop()
    milliseconds, _, title = table.slowest()
    return f"{title} takes {milliseconds:.2f} ms" if milliseconds > arguments.most else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=float, default=20)
    parser.add_argument("--junitxml", help="file for the result")
    arguments = parser.parse_args()
    test = test_no_list_and_no_key_takes_longer_than_the_limit
    suite = ElementTree.Element("testsuite", name="lists")
    case = ElementTree.SubElement(suite, "testcase", classname="Tests.Timing.lists", name=test.__name__)
    with tempfile.TemporaryDirectory(prefix="lists-") as folder:
        failure = test(folder, arguments)
    if failure:
        ElementTree.SubElement(case, "failure", message=failure)
    if arguments.junitxml:
        ElementTree.ElementTree(suite).write(arguments.junitxml, encoding="utf-8", xml_declaration=True)
    print(f"lists: {failure or 'nothing found'}", file=sys.stderr if failure else sys.stdout)
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
