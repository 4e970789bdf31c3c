"""Every kind of change that the service knows, made at random on the objects of one small world."""

import urllib.parse

from booth import API_KEY_TYPE, EXCHANGE, Connection, form
from changes import Changes
from signing import ALGORITHM, SigningKeys
from things import AccessToken, Family, Record, call

API, SIGNED = "https://api.example", "https://signed.example"
GRANTS = ["client_credentials", EXCHANGE]
ADMINISTRATIVE = [
    f"{kind} {verb}" for kind in ("key", "project", "scope", "audience", "role", "group")
    for verb in ("create", "update", "delete")
] + ["key disable", "key enable", "key rotate", "key rotation end", "import", "leak report"]
# Of more than one row: a key's families and its place in a status list.
ENDING = ["key rotate ending tokens", "key disable with families"]
# One is made at a time, so only one world makes them.
BACKUP = ["backup"]
REFRESH = ["family open", "refresh", "refresh twice at once", "refresh again", "refresh reuse"]
REVOCATION = ["revoke access token", "revoke API key"]
FAMILY_REVOCATION = ["revoke refresh token"]
# The first one waits for a date, which only a clock of our own can bring about.
SIGNING = ["signing key rotate", "signing key revoke"]
# Objects of one kind that a world keeps alive: more are deleted, fewer are made.
LIVE = 6
# Far below the limit of families per key, past which the service ends the oldest.
FAMILIES = 15


def kinds(offers):
    """The kinds of mutation that the running binary offers."""
    found = list(ADMINISTRATIVE)
    if "refresh_token" in offers:
        found += REFRESH
    if "revocation" in offers and "introspection" in offers:
        found += REVOCATION + (FAMILY_REVOCATION + ENDING if "refresh_token" in offers else [])
    return found


class World(Changes):
    """The objects of one client of the harness; nobody else touches them."""

    def __init__(self, booth, name, rng, offers, reporter):
        self.booth, self.name, self.rng, self.reporter = booth, name, rng, reporter
        self.has_refresh = "refresh_token" in offers
        self.has_tokens = "introspection" in offers
        self.records = {kind: [] for kind in ("key", "project", "scope", "audience", "role", "group")}
        self.families, self.tokens = [], []
        self.number = 0
        self.inspector = None
        # Only one world has the signing keys, and one the backups.
        self.signing = None
        self.has_backups = False
        self.begin_changes()

    def prepare(self, has_signing=False, has_backups=False):
        """What all objects lean on; made once, and acknowledged."""
        for scope in ("torture:a", "torture:b", "torture:c"):
            self.booth.administer("POST", "scopes", {"name": scope, "description": "for the harness"})
        if self.has_tokens:
            body = {"name": f"{self.name}-inspector", "scopes": ["tokens:introspect"], "audiences": [API, SIGNED]}
            answer = self.booth.administer("POST", "keys", body)
            assert answer.status == 201, answer
            self.inspector = answer.json()["key"]
        self.has_backups = has_backups
        if has_signing:
            self.booth.administer("POST", "audiences", {"name": SIGNED, "alg": ALGORITHM})
            self.signing = SigningKeys(self.booth, self.inspector, SIGNED)

    def make(self, kind):
        """One mutation of that kind; None when no object is fit for it."""
        first, _, verb = kind.partition(" ")
        if first in self.records:
            return getattr(self, f"_{verb.replace(' ', '_')}")(kind, first)
        if kind in SIGNING:
            return getattr(self.signing, kind.split()[-1])(kind)
        return getattr(self, "_" + kind.lower().replace(" ", "_"))(kind)

    # Rows of the admin API.

    def _create(self, kind, first):
        self.number += 1
        name = {"scope": f"t:{self.name}-{self.number}", "audience": f"https://{self.name}.example/{self.number}"}
        record = Record(first, name.get(first, f"{self.name}-{self.number}"))
        fields = record.next_fields(self.number)
        state = dict(fields, status="active") if first == "key" else fields
        body = dict(fields, name=record.name)
        if first == "key":
            body |= {"grant_types": GRANTS + ["refresh_token"] * self.has_refresh, "access_token_ttl": 3600}
        self.records[first].append(record)

        def answered(answer):
            shown = answer.json()
            record.id, record.secret = shown.get("id", record.id), shown.get("key")
            return None if record.visible(shown) == state else ("half", f"answered {shown}")

        data = self.booth.administration("POST", record.collection, body)
        return call(kind, record, "admin", data, lambda _: state, (201,), answered)

    def _update(self, kind, first):
        record = self._pick(first, lambda state: state.get("status") != "revoked")
        if record is None:
            return None
        self.number += 1
        fields = record.next_fields(self.number)
        data = self.booth.administration("PATCH", self._path(record), fields)
        return call(kind, record, "admin", data, lambda state: state | fields)

    def _delete(self, kind, first):
        record = self._pick(first, lambda state: state.get("status") != "revoked", least=LIVE // 2)
        if record is None:
            return None
        data = self.booth.administration("DELETE", self._path(record))
        gone = (lambda state: state | {"status": "revoked"}) if first == "key" else (lambda _: None)
        return call(kind, record, "admin", data, gone, (204,))

    def _disable(self, kind, first, status="disabled", record=None):
        record = record or self._pick(first, lambda state: state["status"] not in ("revoked", status))
        if record is None:
            return None
        verb = "disable" if status == "disabled" else "enable"
        data = self.booth.administration("POST", f"{self._path(record)}/{verb}", {})
        return call(kind, record, "admin", data, lambda state: state | {"status": status})

    def _disable_with_families(self, kind, first):
        family = self._family(lambda family: True)
        return self._disable(kind, first, record=family.key) if family else self._family_open("family open")

    def _enable(self, kind, first):
        return self._disable(kind, first, status="active")

    # Tokens.

    def _family_open(self, kind):
        key = self._key(lambda key: sum(family.key is key for family in self.families) < FAMILIES)
        if key is None:
            return None

        def answered(answer):
            family = Family(key, answer.json())
            self.families.append(family)
            self.tokens.append(family.access)

        data = form("/oauth2/token", key.secret, grant_type=EXCHANGE, subject_token=key.secret, audience=API,
                    subject_token_type=API_KEY_TYPE, scope="torture:a")
        return call(kind, key, "public", data, answered=answered)

    def _refresh(self, kind, copies=1, back=1):
        family = self._family(lambda family: len(family.chain) >= back and (back == 1 or family.is_young))
        return family and self.refresh(kind, family, family.chain[-back], copies)

    def refresh(self, kind, family, token, copies=1):
        data = form("/oauth2/token", family.key.secret, grant_type="refresh_token", refresh_token=token)
        return call(kind, family, "public", data, copies=copies,
                    answered=lambda answer: family.refreshed(token, answer.json()))

    def _refresh_twice_at_once(self, kind):
        return self._refresh(kind, copies=2)

    def _refresh_again(self, kind):
        return self._refresh(kind, back=2)

    def _refresh_reuse(self, kind):
        family = self._family(lambda family: len(family.chain) >= 3)
        if family is None:
            return None
        data = form("/oauth2/token", family.key.secret, grant_type="refresh_token", refresh_token=family.chain[-3])
        return call(kind, family, "public", data, lambda _: "revoked", (400,))

    def _revoke_refresh_token(self, kind):
        family = self._family(lambda family: True)
        return family and call(kind, family, "public", self._revocation(family.key, family.current), lambda _: "revoked")

    def _revoke_access_token(self, kind):
        key = self._key(lambda key: True)
        token = key and self._fresh_access_token(key)
        return token and call(kind, token, "public", self._revocation(key, token.token), lambda _: "denied")

    def _fresh_access_token(self, key):
        connection = Connection(self.booth.public)
        answer = connection.ask(form("/oauth2/token", key.secret, grant_type="client_credentials", audience=API))
        connection.close()
        if answer.status != 200:
            return None
        token = AccessToken(key, answer.json()["access_token"])
        self.tokens.append(token)
        return token

    def _revoke_api_key(self, kind):
        key = self._key(lambda key: True, least=LIVE // 2)
        data = key and form("/oauth2/revoke", token=key.secret, token_type_hint=API_KEY_TYPE)
        return key and call(kind, key, "public", data, lambda state: state | {"status": "revoked"})

    @staticmethod
    def _revocation(key, token):
        return form("/oauth2/revoke", key.secret, token=token)

    # Choice.

    def _pick(self, first, fits, least=0):
        found = [record for record in self.records[first]
                 if record.id is not None and isinstance(record.state, dict) and fits(record.state)]
        return self.rng.choice(found) if len(found) > least else None

    def _key(self, fits, least=0):
        found = [key for key in self.records["key"] if key.secret and key.state
                 and key.state["status"] == "active" and fits(key)]
        return self.rng.choice(found) if len(found) > least else None

    def _family(self, fits):
        found = [family for family in self.families if family.state == "live" and not family.in_doubt
                 and family.key.state and family.key.state["status"] == "active" and fits(family)]
        return self.rng.choice(found) if found else None

    @staticmethod
    def _path(record):
        return f"{record.collection}/{urllib.parse.quote(record.id, safe='')}"

    def live(self, first, *statuses):
        """How many records of that kind may still be changed, or have one of these statuses."""
        states = [record.state for record in self.records[first] if isinstance(record.state, dict)]
        return sum(state.get("status") in (statuses or (None, "active", "disabled")) for state in states)
