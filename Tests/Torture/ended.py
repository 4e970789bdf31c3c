"""Rows that have ended, very many, for the database of a stopped server; and some of each kind that have not."""

import contextlib
import os
import sqlite3
import time

from population import LIFETIME

LIVE = 1_000
# Entries of a status list that are given out.
ROOM = 98_304
# Longer ago than any token can live, and any copy of a list.
LONG_AGO = 100 * 86_400
# The first of the rows to go of each kind, each by its index; the rows of `fill` end at some second each of their own.
ENDED = {
    "denied tokens": f"SELECT min(until) FROM deniedToken WHERE until < unixepoch() - {LONG_AGO // 2}",
    "families": f"""
        SELECT min(x) FROM (SELECT min(revokedAt) x FROM refreshFamily WHERE revokedAt < unixepoch() - {LONG_AGO // 2}
        UNION ALL SELECT min(idleExpiry) FROM refreshFamily WHERE idleExpiry < unixepoch() - {LONG_AGO // 2})""",
    "places": f"SELECT min(endedAt) FROM statusEntry WHERE endedAt < unixepoch() - {LONG_AGO // 2}",
}
TABLES = ("deniedToken", "refreshFamily", "statusEntry")


def lists(database, count):
    """New status lists with so many entries, as pairs of list and position."""
    # Theirs are random; between them is room.
    number = database.execute("SELECT max(id) / 2 + 1000 * count(*) FROM statusList").fetchone()[0]
    while count > 0:
        number, size = number + 1, min(count, ROOM)
        database.execute("INSERT INTO statusList (id, createdAt, taken) VALUES (?, 0, ?)", (number, size))
        yield from ((number, position) for position in range(size))
        count -= size


def fill(path, count):
    """So many denied tokens, families and places in lists that ended long ago."""
    now = int(time.time())
    # Several end in one second, as they do.
    ends = [now - LONG_AGO + number // 4 for number in range(count)]
    later = now + LIFETIME
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in ("journal_mode = DELETE", "synchronous = OFF", "cache_size = -262144", "foreign_keys = OFF"):
            database.execute(f"PRAGMA {pragma}")
        keys = [key for key, in database.execute("SELECT number FROM apiKey")]
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN (?, ?, ?) AND sql IS NOT NULL", TABLES
        ).fetchall()
        database.execute("BEGIN")
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        # By random names, in the order in which they stand: a table that grows at its end.
        step = (1 << 64) // (count + LIVE)
        order = [*ends, *[later] * LIVE]
        for number in range(count):
            # Those that end one after another do not stand side by side.
            other = number * 7_368_787 % count
            order[number], order[other] = order[other], order[number]
        database.executemany("INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, ?)", (
            ((number * step).to_bytes(8, "big") + os.urandom(8), end, keys[number % len(keys)])
            for number, end in enumerate(order)))
        database.execute("UPDATE deniedTotal SET count = count + ? WHERE id = 1", (count + LIVE,))

        places = list(lists(database, count + LIVE))
        database.executemany("INSERT INTO statusEntry (list, position) VALUES (?, ?)", places)
        database.executemany(
            """
            INSERT INTO refreshFamily (id, apiKey, scope, audiences, generation, rotatedAt, idleExpiry, absoluteExpiry,
                revokedAt, nonce, secretID, statusList, statusPosition)
            VALUES (?, ?, '', '["https://api.example"]', ?, ?, ?, ?, ?, randomblob(16), zeroblob(8), ?, ?)
            """,
            ((os.urandom(16), keys[number % len(keys)], number % 50, end - 9_000, end, later + 9_000,
              end if number % 3 == 0 and end < now else None, *place)
             for number, (end, place) in enumerate(zip([*ends, *[later] * LIVE], places))))
        database.executemany("INSERT INTO statusEntry (list, position, endedAt) VALUES (?, ?, ?)",
                             ((*place, end) for place, end in zip(list(lists(database, count)), ends)))
        for _, sql in indexes:
            database.execute(sql)
        database.execute("COMMIT")


def differences(path, denied, families):
    """What the database of the server, which has ended, has too much or too little; so many came since it was filled."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        one = lambda query: database.execute(query).fetchone()[0]
        found = {
            "denied tokens": (one("SELECT count(*) FROM deniedToken"), LIVE + denied),
            "denied tokens by the counter": (one("SELECT count FROM deniedTotal"), LIVE + denied),
            "families": (one("SELECT count(*) FROM refreshFamily"), LIVE + families),
            "places taken, less what the lists say": (
                one("SELECT (SELECT count(*) FROM statusEntry) - (SELECT sum(taken) FROM statusList)"), 0),
            "integrity_check": (one("PRAGMA integrity_check"), "ok"),
        }
        wrong = database.execute("PRAGMA foreign_key_check").fetchall()
    return [f"{what}: {is_} instead of {must}" for what, (is_, must) in found.items() if is_ != must] + wrong[:3]
