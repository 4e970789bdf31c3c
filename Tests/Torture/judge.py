"""After a restart: what the service says of each object, against what the ledger outside says."""

import contextlib
import pathlib
import shutil
import sqlite3
import tempfile
import urllib.parse

from booth import Connection, form
from changes import ChangesJudge


def sound(database):
    """What SQLite finds wrong in a copy of the database and its journal; nothing is touched."""
    database = pathlib.Path(database)
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal", "-journal"):
            source = database.with_name(database.name + suffix)
            if source.exists():
                shutil.copy(source, folder)
        with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / database.name)) as copy:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
            return found + [f"dangling reference: {row}" for row in copy.execute("PRAGMA foreign_key_check")]


class Judge:
    """Compares one world with the service, and settles what was open."""

    def __init__(self, world, ledger):
        self.world, self.ledger = world, ledger
        booth = world.booth
        self.public, self.admin = Connection(booth.public), Connection(booth.admin)

    def settle(self, everything=False):
        """Asks for all that was touched, a sample of the rest, or for everything."""
        def chosen(things):
            return [thing for thing in things if everything or thing.touched or self.world.rng.random() < 0.05]

        for kind in self.world.records:
            for record in chosen(self.world.records[kind]):
                self._record(record)
        # A family or a token may change with its key, which was settled just now.
        for family in chosen(self.world.families):
            self._family(family)
        for token in chosen(self.world.tokens):
            self._token(token)
        ChangesJudge(self).settle(chosen)
        if self.world.signing is not None:
            self.world.signing.judge(self.ledger.complain)
        self._forget()
        self.public.close()
        self.admin.close()

    # Rows of the admin API.

    def ask(self, path):
        answer = self.admin.ask(self.world.booth.administration("GET", path))
        if answer.status not in (200, 404):
            raise RuntimeError(f"GET {path}: {answer}")
        return answer.json() if answer.status == 200 else None

    def _record(self, record):
        if record.id is None:
            self._search(record)
            return
        shown = self.ask(f"{record.collection}/{urllib.parse.quote(record.id, safe='')}")
        record.seen(shown and record.visible(shown), self.ledger.complain)

    def _search(self, record):
        """A creation that was not answered: the object is found by its name, or is not there."""
        query = f"name={record.name}&include_revoked=true&" if record.kind == "key" else ""
        found, cursor = [], ""
        while cursor is not None:
            page = self.ask(f"{record.collection}?{query}limit=200{cursor}")
            found += [item for item in page["items"] if item["name"] == record.name]
            cursor = f"&cursor={page['next_cursor']}" if page.get("next_cursor") else None
        if len(found) > 1:
            self.ledger.complain("half", record, f"is there {len(found)} times")
        record.id = found[0]["id"] if found else None
        record.seen(record.visible(found[0]) if found else None, self.ledger.complain)

    # Tokens.

    def is_active(self, token, key):
        answer = self.public.ask(form("/oauth2/introspect", key, token=token))
        if answer.status != 200:
            raise RuntimeError(f"introspection: {answer}")
        return answer.json()["active"]

    def _family(self, family):
        key_state = family.key.state["status"]
        if key_state != "active":
            if self.is_active(family.access.token, self.world.inspector):
                self.ledger.complain("lost", family, f"an access token is active, its key is {key_state}")
            if key_state == "revoked":
                family.possible = ["revoked"]
            return
        if self.is_active(family.access.token, self.world.inspector):
            state = "live"
        else:
            state = "live" if family.access.state == "denied" and "live" in family.possible else "revoked"
        family.seen(state, self.ledger.complain)
        was_in_doubt = family.in_doubt
        call = self.world.refresh("refresh", family, family.current)
        presented, answers = family.current, [self.public.ask(call.data) for _ in range(2)]
        for answer in answers:
            if answer.status != (200 if state == "live" else 400):
                self.ledger.complain("lost" if state == "live" else "half", family,
                                     f"is {state}, in doubt: {was_in_doubt}, and a refresh gives {answer}")
            elif state == "live":
                # The second one is a replay: it must get the identical successor.
                wrong = family.refreshed(presented, answer.json())
                if wrong is not None:
                    self.ledger.complain(wrong[0], family, wrong[1])

    def _token(self, token):
        active = self.is_active(token.token, self.world.inspector)
        stops = [token.key.state["status"] != "active", bool(token.family) and token.family.state == "revoked"]
        if any(stops):
            if active:
                self.ledger.complain("lost", token, f"is active, its key is {token.key.state['status']}, "
                                                    f"its family {token.family and token.family.state}")
            token.touched = False
            return
        token.seen("live" if active else "denied", self.ledger.complain)

    def _forget(self):
        """Lets go of what is gone for good, when it was seen to be gone, and keeps the world small."""
        world = self.world
        gone = {id(record) for records in world.records.values() for record in records
                if record.state is None or record.state.get("status") == "revoked"}
        for kind, records in world.records.items():
            kept = [record for record in records if id(record) not in gone]
            # Some that are gone stay, so that later restarts are asked for them too.
            lost = [record for record in records if id(record) in gone and record.id is not None]
            world.records[kind] = kept + lost[-10:]
        alive = {id(key) for key in world.records["key"]}
        world.families = [family for family in world.families if id(family.key) in alive][-200:]
        world.tokens = [token for token in world.tokens if id(token.key) in alive][-200:]
