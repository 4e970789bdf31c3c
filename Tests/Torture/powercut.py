#!/usr/bin/env python3
"""Cuts the power of the real binary at the moment when it answers, and looks at what the disk holds then.

usage: powercut.py BINARY [--cuts 1000] [--seed S] [--junit FILE]

No power is cut. strace records every write and sync of a server under load; from that the folder is built again as it
may be at the first byte of an answer, with any part of what was not synced. A server started there must know of every
change that had been answered: revoked tokens are over, keys that were made are good, the refresh token that a client
got for another is still good for the next, and the database is sound.
Exits 1 when anything acknowledged was lost.
"""

import argparse
import collections
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading

from booth import API_KEY_TYPE, EXCHANGE, Booth, Connection, form
from disk import CALLS, Disk, answered, calls
from judge import sound
from points import Strace
from report import Report

API = "https://api.example"
CLIENTS = 6
KINDS = ("access", "grant", "key", "refresh")
# Refreshes of one family, at most.
REFRESHES = 3
# Of what was not synced, how much is there after all.
SHARES = (0, 1, 0.5, 0.5, 0.9, 0.1)
# Tokens outlive the run: one that had expired would look as if it had been revoked.
# And no family ends because there are many.
SETTINGS = {"access_token_ttl": {"default": 3600, "max": 3600}, "refresh": {"max_families": 10_000}}


class Client:
    """Makes changes one after the other, each known by its place among the answers on one connection."""

    def __init__(self, booth, key, number, changes):
        self.key, self.rng, self.changes = key, random.Random(number), changes
        self.booth, self.lines = booth, {"public": Connection(booth.public), "admin": Connection(booth.admin)}
        self.counts = collections.Counter()
        # Port and number of the answer, and what it acknowledges.
        self.acknowledged = []
        self.failure = None

    def run(self):
        try:
            for number in range(self.changes):
                getattr(self, f"_{self.rng.choice(KINDS)}")(number)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"

    def _ask(self, listener, data, what=None):
        line = self.lines[listener]
        port = line.socket.getsockname()[1]
        answer = line.ask(data)
        if answer.status not in (200, 201):
            raise RuntimeError(f"{what or 'a token'} was answered {answer}")
        self.counts[port] += 1
        if what is not None:
            kind, shown = what
            if kind == "key":
                shown = answer.json()["key"]
            elif kind == "family":
                shown = *shown, answer.json()["refresh_token"]
            self.acknowledged.append(((port, self.counts[port]), (kind, shown)))
        return answer.json() if answer.body else None

    def _access(self, _):
        token = self._ask("public", form("/oauth2/token", self.key, grant_type="client_credentials"))["access_token"]
        self._ask("public", form("/oauth2/revoke", self.key, token=token), ("token", token))

    def _open(self):
        return self._ask("public", form("/oauth2/token", self.key, grant_type=EXCHANGE, subject_token=self.key,
                                        subject_token_type=API_KEY_TYPE))

    def _grant(self, _):
        opened = self._open()
        # The access token of a grant is over with its refresh token.
        self._ask("public", form("/oauth2/revoke", self.key, token=opened["refresh_token"]),
                  ("token", opened["access_token"]))

    def _refresh(self, _):
        # Only the last one is looked at: of one before it the next may be on the disk already when the power goes.
        presented = self._open()["refresh_token"]
        for _ in range(self.rng.randrange(REFRESHES)):
            presented = self._ask("public", self._refreshing(presented))["refresh_token"]
        self._ask("public", self._refreshing(presented), ("family", (presented,)))

    def _refreshing(self, token):
        return form("/oauth2/token", self.key, grant_type="refresh_token", refresh_token=token)

    def _key(self, number):
        body = {"name": f"made {number}", "audiences": [API]}
        self._ask("admin", self.booth.administration("POST", "keys", body), ("key", None))


class Laboratory:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.booth = Booth(binary, folder / "recorded", SETTINGS).start()
        body = {"name": "revoker", "audiences": [API], "grant_types": ["client_credentials", EXCHANGE, "refresh_token"]}
        self.key = self.booth.administer("POST", "keys", body).json()["key"]
        self.control = self._token()

    def _token(self):
        connection = Connection(self.booth.public)
        answer = connection.ask(form("/oauth2/token", self.key, grant_type="client_credentials"))
        connection.close()
        return answer.json()["access_token"]

    def record(self, changes):
        """Some changes under load; gives what each answer acknowledges, by port and number."""
        clients = [Client(self.booth, self.key, number, changes // CLIENTS) for number in range(CLIENTS)]
        log, saved = self.folder / "strace", self.folder / "saved"
        # It stands still until all of it is traced, so that nothing is in the copy and the record, or in neither.
        self.booth.process.send_signal(signal.SIGSTOP)
        shutil.copytree(self.booth.folder, saved)
        with Strace(self.booth.process.pid, log, "-yy", "-xx", "-s", "1000000", "-e", f"trace={','.join(CALLS)}"):
            self.booth.process.send_signal(signal.SIGCONT)
            threads = [threading.Thread(target=client.run) for client in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.booth.kill()
        if failures := [client.failure for client in clients if client.failure]:
            raise RuntimeError(failures[0])
        return {place: what for client in clients for place, what in client.acknowledged}

    def cut(self, acknowledged, cuts, rng):
        """Builds the folder again at some answers and starts a server there; gives what was lost."""
        disk = Disk(self.booth.folder, ("data", "keys"), self.folder / "saved")
        wanted = set(rng.sample(sorted(acknowledged), min(cuts, len(acknowledged))))
        counts, over, faults = collections.Counter(), [], []
        with (self.folder / "strace").open(encoding="ascii", errors="replace") as lines:
            for call in calls(lines):
                if (port := answered(call)) is not None:
                    counts[port] += 1
                    place = port, counts[port]
                    if place in acknowledged:
                        over.append(acknowledged[place])
                    if place in wanted:
                        wanted.remove(place)
                        share = rng.choice(SHARES)
                        faults += [f"after {len(over)} answers, of what was not synced {share:.0%}: {text}"
                                   for text in self._judge(disk, over, rng, share)]
                        if faults:
                            return faults
                disk.see(call)
        if wanted or len(over) != len(acknowledged):
            faults.append(f"the record has {len(over)} of {len(acknowledged)} answers")
        print(f"powercut: {cuts} cuts, {len(over)} answers, {disk.checkpoints} pages were written back meanwhile")
        return faults

    def _judge(self, disk, over, rng, share):
        place = self.folder / "cut"
        shutil.rmtree(place, ignore_errors=True)
        disk.left(place, rng, share)
        if faults := sound(place / "data" / "tokenbooth.db"):
            return faults
        try:
            booth = Booth(self.binary, place).start()
        except RuntimeError as error:
            return [str(error)]
        try:
            return list(self._lost(booth, over, rng))
        finally:
            booth.kill()

    def _lost(self, booth, over, rng):
        line = Connection(booth.public)
        if not line.ask(form("/oauth2/introspect", self.key, token=self.control)).json()["active"]:
            yield "a token that nobody revoked is over"
        # The last ones are in danger; of the others some are enough.
        refreshed = set()
        for kind, what in over[-40:] + rng.sample(over, min(20, len(over))):
            if kind == "family":
                # Some are chosen twice, but are refreshed once.
                if what not in refreshed:
                    refreshed.add(what)
                    yield from self._broken(line, booth, *what)
            elif kind == "key":
                status = line.ask(form("/oauth2/token", what, grant_type="client_credentials")).status
                if status != 200:
                    yield f"a key that was made is answered {status}"
            elif line.ask(form("/oauth2/introspect", self.key, token=what)).json()["active"]:
                yield "a revoked token is active"
        line.close()

    def _broken(self, line, booth, presented, successor):
        """What is wrong with a refresh that was answered, for a client that goes on with the successor."""
        def is_active(token):
            return line.ask(form("/oauth2/introspect", self.key, token=token)).json()["active"]

        if is_active(presented):
            yield "a refresh token is good that was given for another already"
        if not is_active(successor):
            yield "the refresh token that was given for another is not good"
        answer = line.ask(form("/oauth2/token", self.key, grant_type="refresh_token", refresh_token=successor))
        if answer.status != 200:
            events = [event["action"] for event in booth.administer("GET", "audit?limit=5").json()["items"]]
            yield f"a refresh with it is answered {answer}; the newest audit events are {events}"
        elif not is_active(answer.json()["refresh_token"]):
            yield "the refresh token after it is not good"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    print(f"powercut: seed {options.seed}", flush=True)
    report = Report("powercut", options.junit)
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        # threats: REV-09, DBF-06, DBF-07
        def test_what_was_answered_survives():
            laboratory = Laboratory(options.binary, pathlib.Path(name).resolve())
            acknowledged = laboratory.record(max(300, options.cuts * 3))
            return laboratory.cut(acknowledged, options.cuts, random.Random(options.seed))

        report.run(test_what_was_answered_survives)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
