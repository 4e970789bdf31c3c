"""What keys, refresh families and access tokens are worth at a moment: the model that the server is held to."""

import dataclasses
import json

API = "https://api.example"
SCOPES = ("m:a", "m:b", "m:c")
# What can be asked for: nothing said, what may be held, and what nobody holds.
WISHES = (None, None, "m:a", "m:b", "m:a m:b", "m:c", "m:never")
LIFETIME, GRACE, IDLE, ABSOLUTE, FAMILIES, ACTORS = 60, 10, 120, 300, 3, 4
FINE = ((200, None),)
CREDENTIAL_REFUSED = (401, "invalid_client")
TOKEN_REFUSED = (400, "invalid_grant")


@dataclasses.dataclass
class Key:
    secret: str
    id: str
    may_revoke: bool
    may_exchange: bool
    status: str = "active"
    scopes: tuple = SCOPES


@dataclasses.dataclass
class Family:
    key: Key
    scope: tuple
    opened: int
    rotated: int
    number: int
    tokens: list
    ended: bool = False

    @property
    def client(self):
        return self.key

    @property
    def expires(self):
        return min(self.rotated + IDLE, self.opened + ABSOLUTE)

    def is_live(self, now):
        return not self.ended and now < self.expires


@dataclasses.dataclass
class Token:
    key: Key
    family: Family
    scope: tuple
    issued: int
    expires: int
    text: str = ""
    denied: bool = False
    # Whoever acts, the last to ask for it first: the end of that one ends the token here too.
    actors: tuple = ()

    def is_live(self, now):
        return (
            now < self.expires and not self.denied and self.key.status == "active"
            and (self.family is None or self.family.is_live(now))
            and self.client.status == "active"
        )

    @property
    def client(self):
        return self.actors[0] if self.actors else self.key

    @property
    def act(self):
        """The claim (RFC 8693 §4.1), None without one."""
        claim = None
        for actor in reversed(self.actors):
            claim = {"sub": actor.id} | ({"act": claim} if claim else {})
        return claim


@dataclasses.dataclass
class Step:
    """One request, and what its answer must be: any of these pairs of status and error, or what `check` says."""
    listener: str
    data: bytes
    allowed: tuple
    check: object = None

    def verdict(self, answer):
        """What is wrong with the answer, or None."""
        body = json.loads(answer.body) if answer.body else {}
        # Errors of the admin API are told apart by their status.
        got = (answer.status, body.get("error") if self.listener == "public" else None)
        if got not in self.allowed:
            return f"answered {answer}, expected {' or '.join(map(str, self.allowed))}"
        return self.check(body) if self.check and got == (200, None) else None
