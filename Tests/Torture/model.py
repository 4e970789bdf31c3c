#!/usr/bin/env python3
"""Random operations on the real binary and on a small model of it, whose clock the model moves: every answer alike.

usage: model.py BINARY [--operations 100000] [--seed S] [--processes 2] [--junit FILE]

Each process runs a server of its own, with its wall clock standing still (Tests/Preload), and many universes at once.
A sequence that fails is cut down to a minimal one, which is printed. Exits 1 when an answer differed.
"""

import argparse
import collections
import concurrent.futures
import itertools
import pathlib
import random
import re
import sys
import tempfile

from booth import ACCESS_TOKEN_TYPE, EXCHANGE, Booth, Connection, Vanished, form
from reference import ABSOLUTE, API, FAMILIES, GRACE, IDLE, LIFETIME, SCOPES
from report import Report
from shrink import shrink
from universe import Universe

BIRTH = 1_893_456_000  # 2030-01-01
UNIVERSES, ROUNDS = 32, 80
# Seconds by which the clock goes back at most; more than a minute, and nothing is issued.
BACK = 50
STEPS = (-5, -BACK, 1, 1, 2, 5, GRACE - 1, GRACE, GRACE + 1, 20, LIFETIME - 1, LIFETIME, LIFETIME + 1, IDLE - 1, IDLE, ABSOLUTE)
# Operations with their weights, and how many numbers each takes.
OPERATIONS = {
    "get": (6, 2), "open": (8, 2), "refresh": (30, 4), "swap": (8, 4), "deny": (6, 2), "end": (3, 3), "see": (18, 2),
    "see_family": (8, 3), "disable": (2, 1), "enable": (3, 1), "delete": (0.15, 1), "betray": (0.15, 1),
    "hold": (2, 2),
}
# What tells one answer of an operation from another, beside its status.
OUTCOME = re.compile(rb'(?<="error":")[a-z_]+|(?<="active":)[a-z]+|$')
NAMES, WEIGHTS = list(OPERATIONS), [weight for weight, _ in OPERATIONS.values()]
SETTINGS = {
    "access_token_ttl": {"default": LIFETIME, "max": LIFETIME},
    "refresh": {"grace": GRACE, "idle": IDLE, "absolute": ABSOLUTE, "max_families": FAMILIES},
}


class Laboratory:
    """One server with a clock that stands still, and connections to it."""

    def __init__(self, binary, folder, offers, width):
        settings = {name: value for name, value in SETTINGS.items() if name != "refresh" or "refresh_token" in offers}
        self.now = self.wall = BIRTH
        self.offers = set(offers)
        self.outcomes = collections.Counter()
        self.booth = Booth(binary, folder, settings, clock=self.now).start()
        self.names = itertools.count()
        for scope in SCOPES:
            self.booth.administer("POST", "scopes", {"name": scope, "description": "of the model"})
        body = {"name": "inspector", "scopes": ["tokens:introspect"], "audiences": [API]}
        shown = self.booth.administer("POST", "keys", body).json()
        self.inspector, self.project = shown["key"], shown["project"]
        self._connect(width)
        if self._swaps():
            self.offers.add(ACCESS_TOKEN_TYPE)

    def _swaps(self):
        """Whether access tokens can be exchanged: the metadata do not say."""
        token = self.lines[0]["public"].ask(form("/oauth2/token", self.inspector, grant_type="client_credentials"))
        data = form("/oauth2/token", self.inspector, grant_type=EXCHANGE, subject_token_type=ACCESS_TOKEN_TYPE,
                    subject_token=token.json()["access_token"])
        return self.lines[0]["public"].ask(data).status == 200

    def _connect(self, width):
        self.lines = [{"public": Connection(self.booth.public), "admin": Connection(self.booth.admin)}
                      for _ in range(width)]

    def universes(self, count):
        """New ones, with their keys."""
        found = [Universe(self.booth, self.inspector, self.project, self.offers) for _ in range(count)]
        for universe, lines in zip(found, self.lines):
            universe.now, universe.wall = self.now, self.wall
            lines["admin"].send(b"".join(universe.creations(f"u{next(self.names)}")))
        for universe, lines in zip(found, self.lines):
            for _ in Universe.ROLES:
                answer = lines["admin"].receive()
                assert answer.status == 201, answer
                universe.born(answer.json())
        return found

    def all_do(self, operation, universes):
        """What happens to the whole server: time passes, or it is restarted."""
        name, number = operation
        if name == "pass":
            # A clock that goes back a little is not believed: time stands still until it has caught up.
            self._pass(max(self.wall + number, self.now - BACK), universes)
            return
        # What a running server knows of time may be lost with it.
        self._pass(self.now, universes)
        if number:
            self.booth.kill()
        else:
            self.booth.stop()
        self.booth.start()
        self._connect(len(self.lines))

    def _pass(self, wall, universes):
        self.wall, self.now = wall, max(self.now, wall)
        self.booth.set_clock(wall)
        # The server takes notice of a time when it judges something by it.
        self.booth.administer("GET", "scopes?limit=1", connection=self.lines[0]["admin"])
        for universe in universes:
            universe.now, universe.wall = self.now, self.wall

    def round(self, universes, operations):
        """One operation in each universe at once; gives the first that was answered wrongly, with what is wrong."""
        waiting = []
        for index, (universe, operation) in enumerate(zip(universes, operations)):
            if (step := universe.step(operation)) is not None:
                self.lines[index][step.listener].send(step.data)
                waiting.append((index, operation, step))
        wrong = None
        for index, operation, step in waiting:
            answer = self.lines[index][step.listener].receive()
            self.outcomes[operation[0], answer.status, OUTCOME.search(answer.body)[0]] += 1
            verdict = step.verdict(answer)
            if verdict and wrong is None:
                wrong = index, f"{operation}: {verdict}"
        return wrong, len(waiting)


def plan(rng, universes, rounds):
    """A schedule: each entry is one operation of the whole server, or a list with one of each universe."""
    for _ in range(rounds):
        chance = rng.random()
        if chance < 0.08:
            yield "pass", rng.choice(STEPS)
        elif chance < 0.085:
            yield "restart", rng.randrange(2)
        else:
            names = rng.choices(NAMES, WEIGHTS, k=universes)
            yield [(name, *(rng.randrange(60) for _ in range(OPERATIONS[name][1]))) for name in names]


def run(binary, folder, offers, seed, operations):
    """The sequence that failed with what was wrong, or None, and how often each operation came to what."""
    rng = random.Random(seed)
    laboratory = Laboratory(binary, folder, offers, UNIVERSES)
    done = 0
    try:
        while done < operations:
            universes = laboratory.universes(UNIVERSES)
            history = []
            for entry in plan(rng, UNIVERSES, ROUNDS):
                history.append(entry)
                if isinstance(entry, tuple):
                    laboratory.all_do(entry, universes)
                    continue
                try:
                    wrong, count = laboratory.round(universes, entry)
                except Vanished as error:
                    wrong, count = (0, f"{error}: {laboratory.booth.last_words()}"), 0
                done += count
                if wrong is not None:
                    index, text = wrong
                    sequence = [e if isinstance(e, tuple) else e[index] for e in history]
                    return sequence, text, laboratory.outcomes
        return None, None, laboratory.outcomes
    finally:
        laboratory.booth.kill()


class Replay:
    """Carries out one sequence in a universe of its own."""

    def __init__(self, binary, folder, offers):
        self.laboratory = Laboratory(binary, folder, offers, 1)

    def __call__(self, sequence):
        """What is wrong, or None."""
        universes = self.laboratory.universes(1)
        self.laboratory.all_do(("pass", BACK), universes)
        for operation in sequence:
            if operation[0] in ("pass", "restart"):
                self.laboratory.all_do(operation, universes)
                continue
            try:
                wrong, _ = self.laboratory.round(universes, [operation])
            except (Vanished, KeyError, TypeError) as error:
                return str(error)
            if wrong:
                return wrong[1]
        return None


def explain(binary, folder, offers, sequence, text):
    """The lines that tell of a failure."""
    replay = Replay(binary, folder, offers)
    try:
        if replay(sequence):
            sequence = shrink(sequence, replay)
            text = replay(sequence) or text
        else:
            text += " (not by this sequence alone)"
    finally:
        replay.laboratory.booth.kill()
    return [text, f"a minimal sequence of {len(sequence)} operations:", *map(str, sequence)]


def table(outcomes):
    """One line for each operation: what came of it, and how often."""
    for name in NAMES:
        found = {f"{status} {word.decode()}".strip(): count
                 for (operation, status, word), count in sorted(outcomes.items()) if operation == name}
        yield f"{name:11}" + ", ".join(f"{count} x {outcome}" for outcome, count in found.items())
    yield f"{sum(outcomes.values())} operations compared"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    print(f"model: seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="torture-", dir="/dev/shm") as name:
        folder = pathlib.Path(name)
        booth = Booth(options.binary, folder / "offers").start()
        offers = booth.offers()
        booth.kill()
        report = Report("model", options.junit)

        # threats: REF-01, REF-02, REF-06, REF-07, REF-08, REF-09, REF-11, REF-13, REV-01, REV-06, REV-07
        def test_every_answer_is_the_models():
            share = -(-options.operations // options.processes)
            with concurrent.futures.ProcessPoolExecutor(options.processes) as pool:
                runs = [pool.submit(run, options.binary, folder / str(number), offers,
                                    f"{options.seed}/{number}", share) for number in range(options.processes)]
                ends = [future.result() for future in runs]
            print("\n".join(table(sum((outcomes for _, _, outcomes in ends), collections.Counter()))))
            for sequence, text, _ in ends:
                if sequence is not None:
                    return explain(options.binary, folder / "shrink", offers, sequence, text)
            return []

        report.run(test_every_answer_is_the_models)
        return report.finish()


if __name__ == "__main__":
    sys.exit(main())
