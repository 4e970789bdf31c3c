"""Signing keys: rotated and revoked, and what must hold of them after any crash."""

import base64
import json

from booth import Connection, form
from things import Thing, call

ALGORITHM = "EdDSA"
# Past the JWKS max-age and the minute after it, when a published key may sign.
GATE = 400


def part(token, index):
    """The header or the claims of a JWT."""
    text = token.split(".")[index]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class SigningKeys:
    """The keys of one algorithm as the ledger knows them, and one token of each that has signed."""

    def __init__(self, booth, inspector, audience):
        self.booth, self.inspector, self.audience = booth, inspector, audience
        # By kid: `published` or `removed`.
        self.keys, self.tokens = {}, {}

    def listed(self):
        """What the admin API lists, by kid; pages are never that long."""
        answer = self.booth.administer("GET", "signing-keys?limit=200")
        assert answer.status == 200, answer
        return {key["kid"]: key for key in answer.json()["items"] if key["alg"] == ALGORITHM}

    def mint(self):
        """A token of the key that signs now, which is remembered."""
        line = Connection(self.booth.public)
        answer = line.ask(form("/oauth2/token", self.inspector, grant_type="client_credentials", audience=self.audience))
        line.close()
        assert answer.status == 200, answer
        token = answer.json()["access_token"]
        kid = part(token, 0)["kid"]
        self.tokens[kid] = token
        self.keys.setdefault(kid, Thing("signing key", kid, "published"))
        return kid

    def rotate(self, kind):
        """Nothing but the next key may sign afterwards; the one before stays published."""
        key = self.keys[self.mint()]
        data = self.booth.administration("POST", "signing-keys/rotate", {"alg": ALGORITHM})
        before = key.name

        def answered(_):
            return None if self.mint() != before else ("lost", "the old key signs after a rotation")

        return call(kind, key, "admin", data, answered=answered)

    def revoke(self, kind):
        """The key that signs is taken away, whatever others know of the next."""
        key = self.keys[self.mint()]
        data = self.booth.administration("POST", f"signing-keys/{key.name}/revoke", {"force": True})
        return call(kind, key, "admin", data, lambda _: "removed")

    def judge(self, complain):
        """One key signs and is published; tokens are active exactly while their key is published."""
        listed = self.listed()
        published = {key["kid"] for key in self.booth.get("/oauth2/jwks").json()["keys"]
                     if key["alg"] == ALGORITHM}
        shown = {kid for kid, key in listed.items() if key["stage"] != "removed"}
        signing = [kid for kid, key in listed.items() if key["stage"] == "active"]
        new = self.keys[self.mint()]
        if shown != published or signing != [new.name]:
            complain("half", new, f"listed {sorted(shown)}, published {sorted(published)}, active {signing}")
        line = Connection(self.booth.public)
        for kid, key in self.keys.items():
            if kid != new.name and self.booth.now > part(self.tokens[kid], 1)["exp"] + 60:
                # Its last token may have ended for long enough: it goes by itself.
                key.unanswered(lambda _: "removed")
            key.seen("published" if kid in published else "removed", complain)
            answer = line.ask(form("/oauth2/introspect", self.inspector, token=self.tokens[kid]))
            is_honoured = kid in published and part(self.tokens[kid], 1)["exp"] > self.booth.now
            if answer.status != 200 or answer.json()["active"] != is_honoured:
                complain("half", key, f"published: {kid in published}, and its token gives {answer}")
        line.close()
        # Those that are gone for good and were seen to be gone are asked for a few times more.
        gone = [kid for kid, key in self.keys.items() if key.state == "removed"]
        for kid in gone[:-8]:
            del self.keys[kid], self.tokens[kid]
