"""Many API keys at once: copies of one that the admin API made, written into the database of a stopped server.

A million keys through the admin API would take longer than all that is measured. A copy differs from its pattern in
what is unique to a key: identifier, secret, subject and place in a status list. That they are keys like any other
is proved by the server: every one of them is asked for a token before anything is measured.
"""

import base64
import hashlib
import secrets
import sqlite3
import time
import zlib

from . import http, indexes

BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CROCKFORD = b"0123456789abcdefghjkmnpqrstvwxyz"
#: Places of one status list that are given out: three quarters of them.
PLACES = 131_072 * 3 // 4
#: Of a random byte its letter, of an encoded one its own.
LETTERS = bytes(BASE62[byte % 62] for byte in range(256))
CROCKFORDS = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUV", CROCKFORD)

#: The columns in which keys differ.
UNIQUE = ("number", "id", "digest", "hint", "subject", "statusList", "statusPosition")


def secret():
    """`tbk_`, 30 random base62 characters, and the CRC-32 of all that in 6."""
    body = b"tbk_" + secrets.token_bytes(30).translate(LETTERS)
    check, rest = bytearray(6), zlib.crc32(body)
    for place in range(5, -1, -1):
        rest, digit = divmod(rest, 62)
        check[place] = BASE62[digit]
    return (body + check).decode()


def ulid_text(identifier):
    """Five bits a character, after two of zero."""
    text = base64.b32hexencode((int.from_bytes(identifier, "big") << 30).to_bytes(20, "big"))
    return text[:26].translate(CROCKFORDS).decode()


def add(path, count):
    """Copies the youngest key of a database `count` times; the credentials of the copies for HTTP Basic."""
    database = sqlite3.connect(path, isolation_level=None)
    # The server makes it durable again: it sets its own modes when it starts.
    for pragma in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
        database.execute(f"PRAGMA {pragma}")
    names = [row[1] for row in database.execute("PRAGMA table_info(apiKey)")]
    newest, created = database.execute("SELECT number, createdAt FROM apiKey ORDER BY number DESC LIMIT 1").fetchone()
    lists = [secrets.randbits(62) | 1 for _ in range(-(-count // PLACES))]
    places = [(name, position) for name in lists for position in range(PLACES)][:count]
    credentials, milliseconds = [], int(time.time() * 1000)

    def rows():
        for number, (status_list, position) in enumerate(places, newest + 1):
            text = secret()
            identifier = milliseconds.to_bytes(6, "big") + number.to_bytes(4, "big") + secrets.token_bytes(6)
            credentials.append(http.credential(text.encode()))
            yield (number, identifier, hashlib.sha256(text.encode()).digest(), f"{text[:8]}…{text[36:]}",
                   "key_" + ulid_text(identifier), status_list, position)

    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO statusList (id, createdAt, taken) VALUES (?, ?, ?)",
        [(name, created, min(PLACES, count - PLACES * number)) for number, name in enumerate(lists)])
    database.executemany("INSERT INTO statusEntry (list, position, endedAt) VALUES (?, ?, NULL)", places)
    database.execute(f"CREATE TEMP TABLE copy ({', '.join(UNIQUE)})")
    database.executemany(f"INSERT INTO copy VALUES ({', '.join('?' * len(UNIQUE))})", rows())
    columns = ", ".join(f"copy.{name}" if name in UNIQUE else f"pattern.{name}" for name in names)
    with indexes.afterwards(database, "apiKey"):
        database.execute(
            f"INSERT INTO apiKey SELECT {columns} FROM copy CROSS JOIN apiKey AS pattern ON pattern.number = ?", (newest,))
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    return credentials
