"""Ten million single tokens that are denied: what they cost in memory, at start, and per introspection."""

import contextlib
import os
import sqlite3
import sys
import time

from . import indexes, life, load, population
from .server import Server

#: What the many are measured against.
FEW = 1_000


def fill(data, count):
    """Denies `count` tokens that nobody has, in the database of a stopped server."""
    end = int(time.time()) + 3_600
    step = (1 << 64) // count
    with contextlib.closing(sqlite3.connect(data / "tokenbooth.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -262144")
        db.execute("PRAGMA threads = 2")
        key = db.execute("SELECT min(number) FROM apiKey").fetchone()[0]
        db.execute("BEGIN")
        # As random as the service's own, and in their order: so the table grows at its end only.
        with indexes.afterwards(db, "deniedToken"):
            db.executemany(
                "INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, ?)",
                (((number * step).to_bytes(8, "big") + os.urandom(8), end + number % 3_600, key)
                 for number in range(count)))
        db.execute("UPDATE deniedTotal SET count = count + ? WHERE id = 1", (count,))
        db.execute("COMMIT")


class Denying:
    """A server that has `count` tokens denied, and live ones to ask about."""

    def __init__(self, tools, count):
        self.count, self.asked = count, tools.scale.denied_asked
        self.directory = tools.directory / f"denied-{count}"
        self.server = Server(tools.binary, self.directory)
        tools.running.append(self.server)
        self.server.start()
        population.make_catalogue(self.server)
        self.credentials = population.create(self.server, 100)
        self.server.stop()
        fill(self.directory / "data", count)
        self.ready_seconds, self.loaded_seconds, self.peak_rss_mb, self.revocations = [], [], [], []
        self.start()
        self.cell = life.introspection_cell(self, self.asked)

    def start(self):
        begin = time.monotonic()
        self.server.start()
        self.ready_seconds.append(time.monotonic() - begin)
        self.loaded_seconds.append(self.wait_until_idle(begin))

    def stop(self):
        self.peak_rss_mb.append(self.server.highest_peak_rss_mb())
        self.server.stop()

    def wait_until_idle(self, begin):
        """Seconds from the start until it has read what is denied: until then it is busy."""
        last, since = self.server.cpu_seconds(), time.monotonic()
        while time.monotonic() - since < 1:
            time.sleep(0.1)
            if self.server.cpu_seconds() - last > 0.05:
                last, since = self.server.cpu_seconds(), time.monotonic()
        return since - begin

    def revoke(self):
        file = life.write(self, "revoked", life.mint(self, self.asked))
        self.revocations.append(load.wrk(self.server, "/oauth2/revoke", "form.lua", [file], 1))


def report(tools, report):
    scale = tools.scale
    # Those that are revoked as well are as many below the service's own limit.
    few, many = Denying(tools, FEW), Denying(tools, scale.denied - scale.rounds * scale.denied_asked)
    print(f"{many.count} denied tokens: ready after {many.ready_seconds[0]:.1f} s", file=sys.stderr)
    for number in range(scale.rounds):
        if number > 0:
            many.start()
        for site in (few, many):
            site.cell.measure(scale.seconds)
        many.revoke()
        many.stop()
    few.stop()
    text = f"{scale.denied:,} denied tokens".replace(",", " ")
    report.figure("denied_rss", f"{text}: peak RSS", many.peak_rss_mb, "MB", 0)
    report.figure("denied_growth", f"{text}: CPU per introspection ÷ with {FEW}", many.cell.ratios(few.cell), digits=2)
    report.figure("denied_ready", f"{text}: start to ready", many.ready_seconds, "s", 2)
    report.figure("denied_loaded", f"{text}: start to all in memory", many.loaded_seconds, "s", 1)
    report.figure("denied_revocation_p99", f"{text}: latency p99 of a revocation",
                  [run["p99_ms"] for run in many.revocations], "ms", 2)
    for site in (few, many):
        report.runs(f"denied_{site.count}", site.cell.runs)
    report.runs("denied_revoke", many.revocations)
