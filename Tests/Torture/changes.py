"""Changes of more than one row, or of more than the database: new secrets, imports, reported leaks and backups."""

import base64
import datetime
import hashlib
import json
import pathlib
import secrets
import subprocess
import time
import zlib

from booth import API_KEY_TYPE, EXCHANGE, Connection, Vanished, form, request
from signing import part
from things import Thing, call

API = "https://api.example"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
# A secret whose answer never came.
UNKNOWN = "unknown"
# Rows of one import, keys whose secrets change, and backups that are kept: the service keeps four.
ROWS, ROTATING, BACKUPS = 5, 4, 2


def api_key():
    """A secret such as the service makes, with its check sum."""
    body = "tbk_" + "".join(secrets.choice(BASE62) for _ in range(30))
    check, rest = "", zlib.crc32(body.encode())
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        check = BASE62[digit] + check
    return body + check


def hint(secret):
    return f"{secret[:8]}…{secret[-4:]}"


class Reporter:
    """Somebody who may report leaked keys; the signature is OpenSSL's."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.private, self.file = folder / "reporter.pem", folder / "reporters.json"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-out", self.private], check=True, stderr=subprocess.DEVNULL)
        public = subprocess.run(["openssl", "pkey", "-pubout", "-in", self.private], check=True, capture_output=True)
        key = {"key_identifier": "k1", "key": public.stdout.decode(), "is_current": True}
        self.file.write_text(json.dumps({"public_keys": [key]}))

    def report(self, secret):
        body = json.dumps([{"token": secret, "type": "tokenbooth_api_key", "url": "https://x.example/"}]).encode()
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.private],
                                input=body, check=True, capture_output=True).stdout
        head = (f"POST /leaks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Github-Public-Key-Identifier: k1\r\nGithub-Public-Key-Signature: {base64.b64encode(signed).decode()}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")
        return head.encode() + body


class Changes:
    """The part of a world that makes these changes; each on keys that nothing else touches."""

    def begin_changes(self):
        self.rotating, self.ending, self.imports, self.leaks, self.backups = [], [], [], [], []

    # New secrets.

    def _rotate(self, kind, _):
        thing = self._rotating(lambda thing: True, makes=True)
        if thing is None:
            return None

        def answered(answer):
            fresh = answer.json()["key"]
            thing.known = [fresh, *thing.known][:4]
            thing.possible = [(fresh, works | {fresh}) for _, works in thing.possible]
            return None if answer.json()["hint"] == hint(fresh) else ("half", f"the hint of another secret: {answer}")

        data = self.booth.administration("POST", f"keys/{thing.id}/rotate", {"grace_seconds": 86_400})
        # The older of two ends with a third.
        return call(kind, thing, "admin", data, lambda state: (UNKNOWN, frozenset({state[0]} - {UNKNOWN})),
                    answered=answered)

    def _rotation_end(self, kind, _):
        thing = self._rotating(lambda thing: len(thing.state[1]) > 1)
        if thing is None:
            return None
        data = self.booth.administration(
            "POST", f"keys/{thing.id}/rotation", {"previous_expires_at": "2020-01-01T00:00:00Z"})
        return call(kind, thing, "admin", data, lambda state: (state[0], frozenset({state[0]})))

    def _rotating(self, fits, makes=False):
        if makes and len(self.rotating) < ROTATING:
            key, secret = self._new_key("rotating")
            thing = Thing("secrets of key", key, (secret, frozenset({secret})))
            thing.id, thing.known = key, [secret]
            self.rotating.append(thing)
        found = [thing for thing in self.rotating if thing.state is not None and fits(thing)]
        return self.rng.choice(found) if found else None

    def _rotate_ending_tokens(self, kind, _):
        key, secret = self._new_key("ending")
        thing = Thing("tokens of key", key, "live")
        thing.born, thing.secret = time.monotonic(), None
        line = Connection(self.booth.public)
        plain = line.ask(form("/oauth2/token", secret, grant_type="client_credentials", audience=API))
        family = line.ask(form("/oauth2/token", secret, grant_type=EXCHANGE, subject_token=secret, audience=API,
                               subject_token_type=API_KEY_TYPE, scope="torture:a"))
        line.close()
        if plain.status != 200 or family.status != 200:
            return None
        thing.refresh = family.json()["refresh_token"]
        thing.tokens = [answer.json()["access_token"] for answer in (plain, family)]
        self.ending.append(thing)

        def answered(answer):
            thing.secret = answer.json()["key"]

        data = self.booth.administration("POST", f"keys/{key}/rotate", {"grace_seconds": 0, "end_tokens": True})
        return call(kind, thing, "admin", data, lambda _: "ended", answered=answered)

    def _new_key(self, what):
        """(identifier, secret) of a key that only this change is about."""
        self.number += 1
        answer = self.booth.administer("POST", "keys", {
            "name": f"{self.name}-{what}-{self.number}", "scopes": ["torture:a"], "audiences": [API],
            "grant_types": ["client_credentials", EXCHANGE] + ["refresh_token"] * self.has_refresh,
            "access_token_ttl": 3600})
        if answer.status != 201:
            raise Vanished(f"no key was made: {answer}")
        return answer.json()["id"], answer.json()["key"]

    # Imports.

    def _import(self, kind):
        self.number += 1
        thing = Thing("import", f"{self.name}-{self.number}")
        thing.secrets = [api_key() for _ in range(ROWS)]
        thing.ids = [f"key_{self._identifier()}" for _ in range(ROWS)]
        now = datetime.datetime.fromtimestamp(self.booth.now, datetime.timezone.utc)
        rows = b"".join(json.dumps({
            "id": name, "name": f"{thing.name}-{number}", "scopes": ["torture:a"], "audiences": [API],
            "grant_types": ["client_credentials"], "project_name": "default", "hint": hint(secret),
            "digest": hashlib.sha256(secret.encode()).hexdigest(), "created_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }).encode() + b"\n" for number, (name, secret) in enumerate(zip(thing.ids, thing.secrets)))
        self.imports.append(thing)

        def answered(answer):
            return None if answer.json()["created"] == ROWS else ("wrong", f"answered {answer.body}")

        data = request("POST", "/admin/v1/keys/import", rows, "application/x-ndjson", self.booth.root_key)
        return call(kind, thing, "admin", data, lambda _: "all", answered=answered)

    def _identifier(self):
        value = (int(self.booth.now) - 10) * 1000 << 80 | secrets.randbits(80)
        return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))

    # Leaks.

    def _leak_report(self, kind):
        key, secret = self._new_key("leaked")
        thing = Thing("reported key", key, "active")
        thing.id, thing.secret = key, secret
        self.leaks.append(thing)

        def answered(answer):
            labels = [entry["label"] for entry in answer.json()]
            return None if labels == ["true_positive"] else ("wrong", f"answered {answer.body}")

        return call(kind, thing, "public", self.reporter.report(secret), lambda _: "revoked", answered=answered)

    # Backups.

    def _backup(self, kind):
        while len(self.backups) >= BACKUPS:
            oldest = self.backups.pop(0)
            if oldest.id is not None:
                self.booth.administer("DELETE", f"backups/{oldest.id}")
        self.number += 1
        thing = Thing("backup", f"{self.name}-{self.number}")
        thing.id = thing.digest = None
        self.backups.append(thing)
        data = self.booth.administration("POST", "backups", {})
        return call(kind, thing, "admin", data, lambda _: "done", (202,), lambda answer: self._copied(thing, answer))

    def _copied(self, thing, answer):
        """Waits for the end of a backup that was begun: only then it was promised."""
        thing.possible, thing.id = [None, "done"], answer.json()["id"]
        line = Connection(self.booth.admin)
        end = time.monotonic() + 30
        while (shown := self.booth.administer("GET", f"backups/{thing.id}", connection=line).json())["status"] == "running":
            if time.monotonic() > end:
                return "lost", "it does not end"
            time.sleep(0.002)
        line.close()
        if shown["status"] != "done":
            thing.possible = [None]
            return "refused", shown.get("reason")
        thing.possible, thing.digest = ["done"], shown["sha256"]
        return None


class ChangesJudge:
    """After a restart: what has become of these changes."""

    def __init__(self, judge):
        self.judge, self.world, self.complain = judge, judge.world, judge.ledger.complain
        self.public, self.booth = judge.public, judge.world.booth

    def settle(self, chosen):
        world = self.world
        for thing in chosen(world.rotating):
            self._secrets(thing)
        lists = {}
        for thing in chosen(world.ending):
            self._ended(thing, lists)
        for thing in chosen(world.imports):
            self._import(thing)
        for thing in chosen(world.leaks):
            self._leak(thing)
        if world.has_backups:
            self._backups()
        world.rotating = [thing for thing in world.rotating if thing.state is not None][-ROTATING:]
        # Their access tokens live an hour.
        world.ending = [thing for thing in world.ending if time.monotonic() < thing.born + 3000][-10:]
        world.imports, world.leaks = world.imports[-10:], world.leaks[-10:]

    def _works(self, secret):
        answer = self.public.ask(form("/oauth2/token", secret, grant_type="client_credentials", audience=API))
        if answer.status not in (200, 400, 401):
            raise RuntimeError(f"a token: {answer}")
        return answer.status == 200

    def _key(self, name):
        return self.judge.ask(f"keys/{name}")

    def _secrets(self, thing):
        shown = self._key(thing.id)
        newest = next((secret for secret in thing.known if hint(secret) == shown["hint"]), UNKNOWN)
        thing.seen((newest, frozenset(secret for secret in thing.known if self._works(secret))), self.complain)

    def _ended(self, thing, lists):
        """The key's own token and the family's: each inactive here, and ended in its status list, or neither."""
        for _ in range(30):
            found = [self.judge.is_active(token, self.world.inspector) for token in thing.tokens]
            found += [self._status(token, lists) == 0 for token in thing.tokens]
            if all(found) or not any(found):
                break
            # A list may be a second older than what it says.
            time.sleep(0.1)
            lists.clear()
        state = "live" if all(found) else "ended" if not any(found) else f"half ended: {found}"
        thing.seen(state, self.complain)
        if state == "ended" and thing.secret is not None:
            answer = self.public.ask(form(
                "/oauth2/token", thing.secret, grant_type="refresh_token", refresh_token=thing.refresh))
            if answer.status != 400:
                self.complain("lost", thing, f"its tokens were ended, and a refresh gives {answer}")

    def _status(self, token, lists):
        place = part(token, 1)["status"]["status_list"]
        path = "/" + place["uri"].split("/", 3)[3]
        if path not in lists:
            answer = self.booth.get(path)
            if answer.status != 200:
                raise RuntimeError(f"GET {path}: {answer}")
            shown = part(answer.body.decode(), 1)["status_list"]
            text = shown["lst"]
            lists[path] = shown["bits"], zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        bits, data = lists[path]
        first = place["idx"] * bits
        return data[first >> 3] >> (first & 7) & ((1 << bits) - 1)

    def _import(self, thing):
        count = sum(self._key(name) is not None for name in thing.ids)
        thing.seen({0: None, ROWS: "all"}.get(count, f"{count} of {ROWS}"), self.complain)
        if count == ROWS and not self._works(self.world.rng.choice(thing.secrets)):
            self.complain("half", thing, "a key of it does not work")

    def _leak(self, thing):
        status = self._key(thing.id)["status"]
        thing.seen(status, self.complain)
        if self._works(thing.secret) != (status == "active"):
            self.complain("half", thing, f"is {status}, and a token is another matter")

    def _backups(self):
        """Each that is there under its name is whole, known or not; each that was promised is there."""
        from judge import sound

        folder = self.booth.folder / "data" / "backups"
        files = {path.stem: path for path in folder.glob("*.db")}
        for path in files.values():
            if faults := sound(path):
                self.complain("half", Thing("backup", path.stem), "; ".join(faults))
        for thing in self.world.backups:
            path = files.get(thing.id)
            if thing.id is not None:
                thing.seen("done" if path else None, self.complain)
            if path and thing.digest not in (None, hashlib.sha256(path.read_bytes()).hexdigest()):
                self.complain("half", thing, "its checksum is another one")
            if thing.id is not None:
                # Of this process only when it was not restarted.
                self.booth.administer("DELETE", f"backups/{thing.id}")
        for path in files.values():
            path.unlink(missing_ok=True)
        self.world.backups = []
