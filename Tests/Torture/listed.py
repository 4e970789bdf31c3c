"""The published list of revoked tokens, read as a verifier does, and compared with the database."""

import base64
import contextlib
import json
import sqlite3

from booth import ISSUER, Connection, request

PATH = "/oauth2/revocations"
MOST_OF_A_PART = 65_536
SIZE = 16


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sum_of(identifiers):
    """One number for very many random identifiers, in whatever order: it tells any two such sets from each other."""
    return sum(int.from_bytes(identifier, "big") for identifier in identifiers)


def identifiers_of(texts):
    """All at once, for one by one it takes minutes: with two letters more each fills eighteen bytes."""
    whole = base64.urlsafe_b64decode("".join(f"{text}AA" for text in texts))
    return [whole[place : place + SIZE] for place in range(0, len(whole), SIZE + 2)]


class Listed:
    """What the list has in all its parts; `expected` are identifiers that must be there.

    Signatures are not looked at: the contract run does that.
    """

    def __init__(self, booth, expected):
        self.faults, self.count, self.sum, self.parts = [], 0, 0, 0
        missing = set(expected)
        line = Connection(booth.public)
        uri = ISSUER + PATH
        while uri is not None:
            claims = self._part(line, uri)
            if claims is None:
                break
            texts = claims["jtis"]
            if len(texts) > MOST_OF_A_PART or len(set(texts)) < len(texts) or {len(text) for text in texts} - {22}:
                self.faults.append(f"{uri} has {len(texts)} tokens, {len(set(texts))} different ones")
                break
            identifiers = identifiers_of(texts)
            missing.difference_update(identifiers)
            self.count += len(identifiers)
            self.sum += sum_of(identifiers)
            self.parts += 1
            uri = claims.get("next")
        line.close()
        if missing:
            self.faults.append(f"{len(missing)} tokens that were revoked are not in the list")

    def _part(self, line, uri):
        answer = line.ask(request("GET", uri.removeprefix(ISSUER)))
        if answer.status != 200:
            self.faults.append(f"{uri} was answered {answer}")
            return None
        header, payload, _ = answer.body.decode().split(".")
        claims = json.loads(bytes_of(payload))
        if json.loads(bytes_of(header))["typ"] != "revocations+jwt" or claims["sub"] != uri or claims["iss"] != ISSUER:
            self.faults.append(f"{uri} is the list {claims['sub']}")
            return None
        return claims

    def differences(self, database):
        """What the list lacks, or has too much, against the database of the server, which has ended."""
        with contextlib.closing(sqlite3.connect(database)) as rows:
            (count,) = rows.execute("SELECT count(*) FROM deniedToken").fetchone()
            total = sum_of(identifier for identifier, in rows.execute("SELECT jti FROM deniedToken"))
        if (count, total) == (self.count, self.sum):
            return []
        return [f"the list has {self.count} tokens, the database {count}; their sums differ by {total - self.sum}"]
