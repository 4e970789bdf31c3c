"""Ten million single tokens that are denied: what they cost in memory, at start, and per introspection."""

import contextlib
import json
import os
import sqlite3
import time

from . import http, population
from .life import Life
from .load import wrk
from .server import Server

FEW, MANY = 1_000, 10_000_000
#: Different tokens that are asked about, and revoked in the end: as many below the service's own limit.
TOKENS = 20_000
MUST_RSS, MUST_GROWTH, MUST_LOAD, MUST_P99 = 512, 1.2, 10, 20


def fill(data, count):
    """Denies `count` tokens that nobody has, in the database of a stopped server."""
    end = int(time.time()) + 3_600
    step = (1 << 64) // count
    with contextlib.closing(sqlite3.connect(data / "tokenbooth.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -262144")
        key = db.execute("SELECT min(number) FROM apiKey").fetchone()[0]
        indexes = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'deniedToken' AND sql IS NOT NULL"
        ).fetchall()
        db.execute("BEGIN")
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        # As random as the service's own, and in their order: so the table grows at its end only.
        db.executemany(
            "INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, ?)",
            (((number * step).to_bytes(8, "big") + os.urandom(8), end + number % 3_600, key)
             for number in range(count)))
        for _, sql in indexes:
            db.execute(sql)
        db.execute("UPDATE deniedTotal SET count = count + ? WHERE id = 1", (count,))
        db.execute("COMMIT")


class Denying:
    """A server that has `count` tokens denied, and live ones to ask about."""

    def __init__(self, binary, directory, count, servers):
        self.count = count
        self.server = Server(binary, directory)
        servers.append(self.server)
        self.server.start()
        self.credentials = population.create(self.server, 100)
        self.server.stop()
        fill(self.server.directory / "data", count)
        begin = time.monotonic()
        self.server.start()
        self.ready_seconds = time.monotonic() - begin
        self.loaded_seconds = self.wait_until_idle(begin)
        population.warm(self.server, self.credentials)
        self.life = Life(self, tokens=TOKENS)
        self.file = None

    def wait_until_idle(self, begin):
        """Seconds from the start until it has read what is denied: until then it is busy."""
        last, since = self.server.cpu_seconds(), time.monotonic()
        while time.monotonic() - since < 1:
            time.sleep(0.1)
            if self.server.cpu_seconds() - last > 0.05:
                last, since = self.server.cpu_seconds(), time.monotonic()
        return since - begin

    def measure(self, seconds):
        """Tokens live five minutes: made anew for each run, so that all that are asked about are alive."""
        self.file = self.life.mint()
        self.life.measure("introspect", "/oauth2/introspect", "form.lua", self.file, seconds)
        self.expect_alive()

    def expect_alive(self):
        credential, form = self.file.read_bytes().split(b"\n", 1)[0].split(b" ", 1)
        connection = http.Connection(self.server.public)
        status, body = connection.ask(http.post(
            b"/oauth2/introspect", form, b"application/x-www-form-urlencoded", b"Basic " + credential))
        connection.close()
        if status != 200 or json.loads(body)["active"] is not True:
            raise SystemExit(f"a token that should be alive: {status} {body.decode(errors='replace')}")

    def revoke(self):
        return wrk(self.server, "/oauth2/revoke", "form.lua", self.file, 1)

    def introspection_cpu(self):
        return self.life.median("introspect", "cpu_us")


def report(binary, directory, report, servers, rounds=5, seconds=5):
    few = Denying(binary, directory / "few", FEW, servers)
    many = Denying(binary, directory / "many", MANY - TOKENS, servers)
    for _ in range(rounds):
        for site in (few, many):
            site.measure(seconds)
    revoked = many.revoke()
    text = f"{MANY:,} denied tokens".replace(",", " ")
    report.figure("denied_rss", f"peak RSS, {text}", many.server.peak_rss_mib(), "MiB", MUST_RSS)
    report.figure("denied_growth", f"CPU per introspection, {text} ÷ {FEW}",
                  many.introspection_cpu() / few.introspection_cpu(), must=MUST_GROWTH, digits=2)
    report.figure("denied_ready", f"start to ready, {text}", many.ready_seconds, "s", MUST_LOAD, 2)
    report.figure("denied_loaded", f"start to all in memory, {text}", many.loaded_seconds, "s", digits=1)
    report.figure("denied_revocation_p99", f"latency p99 of a revocation, {text}", revoked["p99_ms"], "ms", MUST_P99, 2)
    for site in (few, many):
        report.runs(f"denied_{site.count}", site.life.runs["introspect"])
    report.runs("denied_revoke", [revoked])
    for site in (few, many):
        site.server.stop()
