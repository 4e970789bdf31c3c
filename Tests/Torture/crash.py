#!/usr/bin/env python3
"""Kills the real binary at any moment and compares what it kept with a ledger outside.

usage: crash.py BINARY [--kills N] [--points [KIND ...]] [--short] [--seed S] [--junit FILE]

Without --points: N kills (1 000) at random moments under load, and up to twice as many until every kind of mutation was
acknowledged often enough. With --points: at every system call of each kind of mutation, and every error of the disk
there. --short is both, in some two minutes: of most kinds only a sample of the points. Exits 1 when anything
acknowledged was lost, anything unanswered is there by half, or anything was answered wrongly.
"""

import argparse
import pathlib
import random
import sys
import tempfile
import threading
import time

import points
from booth import Booth, Connection, Vanished
from changes import Reporter
from judge import Judge, sound
from mutations import BACKUP, LIVE, SIGNING, World, kinds
from report import Report
from things import GRACE, Ledger

# Where the clock begins that stands still: signing keys rotate by the date.
CLOCK = 1_893_456_000
WORKERS, OFTEN = 8, 10
SETTINGS = {
    "algorithms": ["ES256", "EdDSA"], "access_token_ttl": {"default": 3600, "max": 3600},
}


def settings(offers, reporter):
    return SETTINGS | {"leak_keys_file": str(reporter.file)} | ({"refresh": {"grace": GRACE}} if "refresh_token" in offers else {})


def offers(binary, folder):
    """What the binary can do; asked of a server of its own."""
    booth = Booth(binary, folder / "offers", SETTINGS).start()
    try:
        signing_keys = booth.administer("GET", "signing-keys").status == 200
        return booth.offers() | ({"signing keys"} if signing_keys else set())
    finally:
        booth.stop()


class Worker:
    """One client that changes its own world as fast as it is answered, until the server is gone."""

    def __init__(self, booth, number, seed, offered, reporter):
        self.rng = random.Random(f"{seed}/{number}")
        self.world = World(booth, f"w{number}", self.rng, offered, reporter)
        self.kinds = kinds(offered)
        # What only one client does, it does more often.
        if number == 0 and "signing keys" in offered:
            self.kinds += SIGNING[1:] * OFTEN
        if number == 1:
            self.kinds += BACKUP * OFTEN
        self.ledger = Ledger()
        self.failure = None

    def load(self):
        self._guarded(self._load)

    def judge(self, everything):
        self._guarded(lambda: Judge(self.world, self.ledger).settle(everything))

    def _guarded(self, body):
        try:
            body()
        except Vanished as error:
            self.failure = f"the server vanished: {error}"
        except Exception as error:  # a thread's error would be lost, and must fail the run
            self.failure = f"{type(error).__name__}: {error}"

    def _load(self):
        try:
            lines = {"public": [Connection(self.world.booth.public) for _ in range(2)],
                     "admin": [Connection(self.world.booth.admin)]}
            while True:
                if (mutation := self._choose()) is not None:
                    perform(mutation, self.ledger, lines[mutation.listener])
        except Vanished:
            return

    def _choose(self):
        # Of two the rarer: few objects are fit for some kinds.
        kind = min(self.rng.sample(self.kinds, 2),
                   key=lambda kind: self.ledger.counts[kind]["acknowledged"] / self.kinds.count(kind))
        first, _, verb = kind.partition(" ")
        if verb == "create" and self.world.live(first) >= LIVE:
            kind = f"{first} delete"
        if kind == "key disable" and self.world.live("key", "active") <= LIVE // 2:
            kind = "key enable"
        return self.world.make(kind)

    @property
    def answers(self):
        return sum(counter["acknowledged"] for counter in list(self.ledger.counts.values()))


def perform(mutation, ledger, connections):
    """Sends one mutation, all its copies at once, and books each answer; raises Vanished after the last."""
    gone = None
    lines = connections[: mutation.copies]
    for line in lines:
        ledger.sent(mutation)
    for line in lines:
        try:
            line.send(mutation.data)
        except Vanished as error:
            gone = error
    for line in lines:
        try:
            ledger.answered(mutation, line.receive())
        except Vanished as error:
            ledger.unanswered(mutation)
            gone = error
    if gone is not None:
        raise gone


def together(bodies):
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    return threads


def wait(workers, rng):
    """Until some mutations were acknowledged and a moment has passed."""
    # Some kills are early, while connections and memory are still new.
    goal = sum(worker.answers for worker in workers) + rng.choice((0, 5, 50, 150, 300, 400))
    end = time.monotonic() + 3
    while sum(worker.answers for worker in workers) < goal and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.01))


def lacking(workers, offered, wanted):
    """What was acknowledged less often than wanted."""
    every = kinds(offered) + BACKUP + (SIGNING[1:] if "signing keys" in offered else [])
    counts = {kind: sum(worker.ledger.counts[kind]["acknowledged"] for worker in workers) for kind in every}
    return [f"{kind} was acknowledged only {count} times" for kind, count in counts.items() if count < wanted]


def kill_at_random(binary, folder, kills, seed, offered):
    """The ledger of the whole run, and what was wrong.

    On a slow machine fewer mutations fit between two kills: then it takes up to twice as many.
    """
    rng = random.Random(seed)
    reporter = Reporter(folder / "reporter")
    booth = Booth(binary, folder / "random", settings(offered, reporter)).start()
    workers = [Worker(booth, number, seed, offered, reporter) for number in range(WORKERS)]
    for number, worker in enumerate(workers):
        worker.world.prepare(has_signing=number == 0 and "signing keys" in offered, has_backups=number == 1)
    faults = []
    for number in range(1, 2 * kills + 1):
        threads = together([worker.load for worker in workers])
        wait(workers, rng)
        booth.kill()
        for thread in threads:
            thread.join()
        few = lacking(workers, offered, min(100, kills))
        is_last = number >= kills and not few or number == 2 * kills
        faults += sound(booth.folder / "data" / "tokenbooth.db")
        booth.start()
        for thread in together([lambda worker=worker: worker.judge(is_last) for worker in workers]):
            thread.join()
        faults += [worker.failure for worker in workers if worker.failure]
        faults += [text for worker in workers for text in worker.ledger.complaints]
        if faults:
            # A server that ended by itself says why in its last words.
            faults.insert(0, f"after kill {number} of {kills}; {booth.last_words()}")
            break
        if is_last:
            faults += few
            break
    booth.stop()
    total = Ledger()
    for worker in workers:
        total.merge(worker.ledger)
    return total, faults


def kill_while_signing_keys_rotate(binary, folder, wanted, seed, offered):
    """Until so many rotations were acknowledged, each killed at a random moment of it or just after."""
    rng = random.Random(seed)
    reporter = Reporter(folder / "reporter")
    found = points.Points(binary, folder, offered, settings(offered, reporter), seed, reporter, clock=CLOCK)
    try:
        while found.ledger.counts[SIGNING[0]]["acknowledged"] < wanted and not found.ledger.complaints:
            mutation = found.fit(SIGNING[0])
            threads = together([lambda: found.perform(mutation)])
            time.sleep(rng.uniform(0, 0.12))
            found.booth.kill()
            threads[0].join()
            found.restart()
    finally:
        found.booth.kill()
    return found.ledger, found.ledger.complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--kills", type=int)
    parser.add_argument("--points", nargs="*", metavar="KIND")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    kills = options.kills or (60 if options.short else 1000)
    # Quoted in the first line, so that a run can be repeated.
    print(f"crash: seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = pathlib.Path(name)
        offered = offers(options.binary, folder)
        report = Report("crash", options.junit)

        # threats: DBF-08, REV-09
        def test_random_kills():
            total, faults = kill_at_random(options.binary, folder, kills, options.seed, offered)
            print("\n".join(total.table()))
            return faults

        # threats: KEY-04
        def test_kills_while_signing_keys_rotate():
            wanted = min(100, max(10, kills // 6))
            total, faults = kill_while_signing_keys_rotate(
                options.binary, folder / "rotating", wanted, options.seed, offered)
            print("\n".join(total.table()))
            if (count := total.counts[SIGNING[0]]["acknowledged"]) < wanted:
                faults.append(f"{SIGNING[0]} was acknowledged only {count} times of {wanted}")
            return faults

        # threats: DBF-08, DBF-03, DBF-04
        def test_every_point():
            # A backup writes every page: first, while there are few.
            offers_now = BACKUP + kinds(offered)
            wanted = [kind for kind in options.points or offers_now if kind in offers_now]
            return points.run(options.binary, folder, wanted, offered, settings, options.seed,
                              whole=points.SHORT if options.short else None)

        # threats: KEY-04
        def test_every_point_of_signing_keys():
            return points.run(options.binary, folder / "signing", SIGNING, offered, settings, options.seed, clock=CLOCK,
                              whole=SIGNING[1:] if options.short else None,
                              errors=() if options.short else points.ERRORS)

        if options.points is None or options.kills:
            report.run(test_random_kills)
            if "signing keys" in offered:
                report.run(test_kills_while_signing_keys_rotate)
        if options.points is not None or options.short:
            report.run(test_every_point)
            if "signing keys" in offered:
                report.run(test_every_point_of_signing_keys)
        return report.finish()


if __name__ == "__main__":
    sys.exit(main())
