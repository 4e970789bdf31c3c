#!/usr/bin/env python3
"""A million denied tokens, refresh families and places in status lists that have ended, and nobody notices that they go.

usage: pruning.py BINARY [--count 1000000] [--seed S] [--junit FILE]

They are written into the database of a server that is not running, so many of each; then it starts, and while it prunes
them four clients refresh and revoke what they have just got, until nothing is left that has ended. What has not must
all be there then.

The limit: while any of the three goes, p99 of a revocation and of a refresh is at most 20 ms, with some two hundred of
each in a second. It is the server's own time, `duration_us` of its access log: see denials.py.

Takes some ten minutes and 2 GB of disk. Exits 1 when the limit is passed, or something is gone or left that must not be.
"""

import argparse
import calendar
import contextlib
import os
import pathlib
import random
import re
import sqlite3
import sys
import tempfile
import threading
import time

from booth import API_KEY_TYPE, EXCHANGE, Booth, Connection, form
from ended import ENDED, differences, fill
from population import API, LIFETIME
from report import Report

SETTINGS = {"access_token_ttl": {"default": LIFETIME, "max": LIFETIME}}
KEYS, CLIENTS = 100, 4
# A key may have a thousand denied tokens.
MOST_REVOKED = 900
MOST_MICROSECONDS = 20_000
MOST_SECONDS = 3_600
# What is measured when none of them goes, only told: whether it is the machine that is slow.
NOTHING = "nothing"
# A p99 of fewer says nothing.
LEAST = 500
REQUEST = re.compile(
    rb'"time":"([0-9-]+T[0-9:]+)\.([0-9]+)Z".*"operation":"(issueToken|revokeToken)","status":([0-9]+),"duration_us":([0-9]+)')


class Client(threading.Thread):
    """Refreshes along the chains of its families, and revokes every access token that it gets."""

    def __init__(self, booth, families, is_over):
        super().__init__(daemon=True)
        self.line, self.is_over = Connection(booth.public), is_over
        # Secret of the key, newest refresh token, how many of its access tokens were revoked.
        self.families = [[key, token, 0] for key, token in families]
        self.revoked, self.faults = [], []

    def run(self):
        try:
            while not self.is_over.is_set() and not self.faults:
                for family in self.families:
                    self.turn(family)
                    time.sleep(0.01)
                    if self.is_over.is_set():
                        break
        except Exception as error:
            self.faults.append(f"a client ended with {error!r}")

    def turn(self, family):
        key, token, revoked = family
        answer = self.line.ask(form("/oauth2/token", key, grant_type="refresh_token", refresh_token=token))
        if answer.status != 200:
            self.faults.append(f"a refresh was answered {answer}")
            return
        given = answer.json()
        family[1] = given["refresh_token"]
        if revoked == MOST_REVOKED:
            return
        answer = self.line.ask(form("/oauth2/revoke", key, token=given["access_token"]))
        if answer.status != 200:
            self.faults.append(f"a revocation was answered {answer}")
        family[2] += 1
        self.revoked.append(given["access_token"])


class Watch:
    """Sees in the database which of the rows that have ended go, and when nothing of them is left."""

    def __init__(self, path):
        self.path = path
        # Begin and end of each span in which some went, by kind.
        self.spans = {kind: [] for kind in (*ENDED, NOTHING)}
        self.left = dict.fromkeys(ENDED)

    def look(self):
        """The next row to go of each kind that has one."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=5)) as database:
            found = {kind: database.execute(query).fetchone()[0] for kind, query in ENDED.items()}
        return {kind: place for kind, place in found.items() if place is not None}

    def until_all_are_gone(self, is_broken):
        end, last, before = time.monotonic() + MOST_SECONDS, time.time(), self.look()
        began = time.monotonic()
        while before and time.monotonic() < end and not is_broken():
            time.sleep(0.1)
            now, left = time.time(), self.look()
            for kind, place in before.items():
                if left.get(kind) != place:
                    self.spans[kind].append((last, now))
                if kind not in left:
                    print(f"pruning: no {kind} left after {time.monotonic() - began:.0f} s", flush=True)
            if left == before:
                self.spans[NOTHING].append((last, now))
            last, before = now, left
        return [f"{kind} that have ended are left" for kind in before]


def spans_of(times, spans):
    """The durations of what was logged within one of the spans, in order."""
    found, spans = [], iter(spans)
    span = next(spans, None)
    for moment, duration in times:
        while span is not None and moment > span[1]:
            span = next(spans, None)
        if span is None:
            break
        if moment >= span[0]:
            found.append(duration)
    return sorted(found)


def logged(booth):
    """When each request was and how many microseconds it took, by operation."""
    found = {"issueToken": [], "revokeToken": []}
    with (booth.folder / "log").open("rb") as log:
        for line in log:
            if (match := REQUEST.search(line)) and match[4] == b"200":
                second = calendar.timegm(time.strptime(match[1].decode(), "%Y-%m-%dT%H:%M:%S"))
                found[match[3].decode()].append((second + float(b"0." + match[2]), int(match[5])))
    return {operation: sorted(times) for operation, times in found.items()}


def judge(booth, watch, options):
    faults = []
    for operation, times in logged(booth).items():
        for kind, spans in watch.spans.items():
            durations = spans_of(times, spans)
            if len(durations) < LEAST and kind != NOTHING:
                text = f"only {len(durations)} of {operation} while {kind} went"
                # Few go so fast that hardly anything comes in between.
                faults += [text] if options.count >= 1_000_000 else []
                print(f"pruning: {text}", flush=True)
            if not durations:
                continue
            p99 = durations[len(durations) * 99 // 100]
            print(f"pruning: p99 of {len(durations)} of {operation} while {kind} went: {p99 / 1000:.2f} ms, at most "
                  f"{MOST_MICROSECONDS / 1000:.0f}; the median {durations[len(durations) // 2] / 1000:.2f}, "
                  f"the longest {durations[-1] / 1000:.2f}", flush=True)
            if p99 > MOST_MICROSECONDS and kind != NOTHING:
                faults.append(f"p99 of {operation} while {kind} went: {p99 / 1000:.2f} ms")
    return faults


def prepare(booth):
    """A key with a family each, as pairs of secret and refresh token, and the key that introspects."""
    desk, line = Connection(booth.admin), Connection(booth.public)
    body = {"name": "client", "audiences": [API], "grant_types": ["client_credentials", EXCHANGE, "refresh_token"]}
    families = []
    for _ in range(KEYS):
        made = booth.administer("POST", "keys", body, desk)
        assert made.status == 201, made
        key = made.json()["key"]
        answer = line.ask(form("/oauth2/token", key, grant_type=EXCHANGE, subject_token=key,
                               subject_token_type=API_KEY_TYPE))
        assert answer.status == 200, answer
        families.append((key, answer.json()["refresh_token"]))
    made = booth.administer("POST", "keys", {"name": "inspector", "audiences": [API], "scopes": ["tokens:introspect"]}, desk)
    return families, made.json()["key"]


def look_again(booth, clients, inspector, rng):
    """Whatever is wrong of what has not ended: chains that go on, and revoked tokens that stay so."""
    faults, line = [], Connection(booth.public)
    for client in clients:
        for key, token, _ in client.families:
            answer = line.ask(form("/oauth2/token", key, grant_type="refresh_token", refresh_token=token))
            if answer.status != 200:
                faults.append(f"after it a refresh was answered {answer}")
        for token in rng.sample(client.revoked, min(200, len(client.revoked))):
            answer = line.ask(form("/oauth2/introspect", inspector, token=token))
            if answer.body != b'{"active":false}':
                faults.append(f"a revoked token was answered {answer}")
    return faults


def torture(folder, options):
    rng = random.Random(options.seed)
    booth = Booth(os.path.abspath(options.binary), folder, SETTINGS).start()
    path = booth.folder / "data" / "tokenbooth.db"
    is_over = threading.Event()
    try:
        families, inspector = prepare(booth)
        booth.stop()
        begin = time.monotonic()
        fill(path, options.count)
        print(f"pruning: {options.count} of each written in {time.monotonic() - begin:.0f} s", flush=True)
        booth.start()
        clients = [Client(booth, families[number::CLIENTS], is_over) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        watch = Watch(path)
        faults = watch.until_all_are_gone(lambda: any(client.faults for client in clients))
        is_over.set()
        for client in clients:
            client.join()
            client.line.close()
            faults += client.faults
        faults += look_again(booth, clients, inspector, rng)
        if (status := booth.stop()) != 0:
            faults.append(f"ended with {status}: {booth.last_words()}")
        faults += judge(booth, watch, options)
        return faults + differences(path, sum(len(client.revoked) for client in clients), KEYS)
    finally:
        is_over.set()
        booth.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=1_000_000, help="rows of each kind that have ended")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    print(f"pruning: seed {options.seed}", flush=True)

    # threats: REF-20, DBF-19
    def test_nobody_notices_that_a_million_of_each_are_pruned():
        with tempfile.TemporaryDirectory(prefix="tokenbooth-pruning-") as folder:
            return torture(folder, options)

    report = Report("pruning", options.junit)
    report.run(test_nobody_notices_that_a_million_of_each_are_pruned)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
