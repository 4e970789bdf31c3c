"""One mutation at a time, killed or failed by strace at every system call that it makes."""

import collections
import itertools
import pathlib
import random
import re
import subprocess
import time

from booth import Booth, Connection, Vanished
from changes import Reporter
from judge import Judge, sound
from mutations import SIGNING, World
from signing import GATE
from things import Ledger, distinct

# Those of the answer itself and of key files, and those of the database too.
CALLS = ("write", "writev", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2",
         "unlink", "unlinkat", "link", "linkat")
# Those that only files are written with.
FAILING = tuple(call for call in CALLS if not call.startswith("write"))
ERRORS = ("EIO", "ENOSPC")
# In the short form all points of these, and of the sampled ones a few.
SHORT = ("key update", "refresh", "revoke access token")
SAMPLED = (
    "role update", "group delete", "key rotate", "key rotation end", "key rotate ending tokens",
    "key disable with families", "import", "leak report", "backup",
)
# What makes an object fit for a mutation that found none.
BEFORE = {
    "key enable": ["key disable"], "key rotation end": ["key rotate"], "key disable with families": ["family open"],
    "refresh again": ["refresh"], "refresh reuse": ["refresh", "refresh"],
}
LINE = re.compile(r"^(\d+) +(\w+)\(")


class Strace:
    """strace on every thread of a running process; leaving the block lets the process go."""

    def __init__(self, pid, log, *arguments):
        self.pid, self.log = pid, pathlib.Path(log)
        self.command = ["strace", "-f", "-qq", "-o", str(log), "-p", str(pid), *arguments]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not self._is_attached():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("strace could not attach")
            time.sleep(0.002)
        return self

    def _is_attached(self):
        try:
            statuses = [task.joinpath("status").read_text() for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir()]
        except OSError:
            return True
        return all(f"TracerPid:\t{self.process.pid}" in status for status in statuses)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            # It waits for a thread of a process that has been killed, which is waiting for it.
            self.process.kill()
            self.process.wait()

    def counts(self):
        """How often any one thread made each call, at most."""
        found = collections.Counter(LINE.match(line).groups() for line in self.log.read_text(errors="replace").splitlines()
                                    if LINE.match(line))
        most = {}
        for (_, name), count in found.items():
            most[name] = max(most.get(name, 0), count)
        return most

    def has(self, text):
        return text in self.log.read_text(errors="replace")


class Points:
    """One server, restarted on the same data after each kill."""

    def __init__(self, binary, folder, offered, settings, seed, reporter, clock=None):
        """With `clock` the server's stands still at that second, and each mutation is a while after the last."""
        self.booth = Booth(binary, folder / "points", settings, clock=clock).start()
        self.clock = clock
        self.ledger = Ledger()
        self.world = World(self.booth, "points", random.Random(seed), offered, reporter)
        self.world.prepare(has_signing=clock is not None, has_backups=clock is None)
        self.log = folder / "points.strace"
        self.number = 0
        for kind in self.world.records:
            for _ in range(8):
                self.perform(self.world.make(f"{kind} create"))

    def perform(self, mutation):
        """Whether it was answered."""
        port = self.booth.public if mutation.listener == "public" else self.booth.admin
        try:
            return self.ask(mutation, [Connection(port) for _ in range(mutation.copies)])
        except Vanished:
            return False

    def ask(self, mutation, lines):
        from crash import perform

        try:
            perform(mutation, self.ledger, lines)
        except Vanished:
            return False
        finally:
            for line in lines:
                line.close()
        return True

    def fit(self, kind):
        """A mutation of that kind, after what makes an object fit for it."""
        if kind in SIGNING:
            # A start takes the clock's word for what time it is; a running server is slow to believe a jump.
            self.clock += GATE
            self.booth.set_clock(self.clock)
            self.booth.kill()
            self.booth.start()
        if kind in BEFORE:
            for before in BEFORE[kind]:
                self.perform(self.fit(before))
        for need in ([], ["key create"], ["family open"], ["key create", "family open", "refresh", "refresh"]):
            for before in need:
                if (mutation := self.world.make(before)) is not None:
                    self.perform(mutation)
            first, _, verb = kind.partition(" ")
            if verb == "delete":
                self.perform(self.world.make(f"{first} create"))
            if kind == "revoke API key":
                self.perform(self.world.make("key create"))
            if (mutation := self.world.make(kind)) is not None and mutation.kind == kind:
                return mutation
        raise RuntimeError(f"nothing is fit for {kind}")

    def under(self, kind, *arguments):
        """One mutation of that kind under strace; gives the tracer."""
        mutation = self.fit(kind)
        port = self.booth.public if mutation.listener == "public" else self.booth.admin
        lines = [Connection(port) for _ in range(mutation.copies)]
        # The server has taken the connections before anything is counted.
        for line in lines:
            line.ask(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with Strace(self.booth.process.pid, self.log, *arguments) as tracer:
            self.ask(mutation, lines)
            time.sleep(0.03)
        return tracer

    def judge(self):
        Judge(self.world, self.ledger).settle()

    def kill_at(self, kind, name, number):
        """Whether the process was killed there."""
        tracer = self.under(kind, "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
        # One that is being killed may not be dead yet.
        if self.booth.process.poll() is None and not tracer.has("killed by SIGKILL"):
            return False
        self.restart()
        return True

    def fail_at(self, kind, name, number, error):
        """Whether the call was made to fail there; the service must go on without a restart."""
        tracer = self.under(kind, "-e", f"trace={name}", "-e", f"inject={name}:error={error}:when={number}")
        if self.booth.process.poll() is not None:
            raise RuntimeError(f"the process ended with {self.booth.process.returncode}")
        if not tracer.has("(INJECTED)"):
            return False
        # The next change mends the store: a refused one can only come back if the process is killed before that.
        for again in ("scope create", kind):
            self.recover(again)
        self.judge()
        return True

    def recover(self, kind):
        """Waits until a change of that kind is acknowledged."""
        before = self.ledger.counts[kind]["acknowledged"]
        for _ in range(100):
            self.perform(self.fit(kind))
            if self.ledger.counts[kind]["acknowledged"] > before:
                return
            time.sleep(0.05)
        raise RuntimeError("the service does not recover")

    def restart(self):
        self.booth.kill()
        faults = sound(self.booth.folder / "data" / "tokenbooth.db")
        if faults:
            raise RuntimeError("; ".join(faults))
        self.booth.start()
        self.judge()


def run(binary, folder, wanted, offered, settings, seed, clock=None, errors=ERRORS, whole=None):
    """Every point of these kinds; gives what was found wrong. With `whole` all points of those only, of others a few."""
    reporter = Reporter(folder / "points-reporter")
    points = Points(binary, folder, offered, settings(offered, reporter), seed, reporter, clock)
    faults = []
    try:
        for kind in wanted:
            is_sampled = whole is not None and kind not in whole
            if not is_sampled or kind in SAMPLED or kind in SIGNING:
                _run(points, kind, errors, faults, is_sampled)
            if faults:
                break
    finally:
        points.booth.kill()
    print("\n".join(points.ledger.table()))
    return distinct(faults)


def _run(points, kind, errors, faults, is_sampled):
    used = points.under(kind, "-e", f"trace={','.join(CALLS)}").counts()
    made = collections.Counter()
    modes = [("KILL", name) for name in CALLS if name in used]
    modes += [(error, name) for error in errors for name in FAILING if name in used]
    for error, name in modes:
        numbers = [points.world.rng.randint(1, used[name])] if is_sampled else itertools.count(1)
        for number in numbers:
            try:
                if error == "KILL":
                    is_hit = points.kill_at(kind, name, number)
                else:
                    is_hit = points.fail_at(kind, name, number, error)
            except (RuntimeError, AssertionError, Vanished) as problem:
                faults.append(f"{kind}, {error} at {name} {number}: {problem}")
                return
            if points.ledger.complaints:
                faults.extend(f"{kind}, {error} at {name} {number}: {text}" for text in points.ledger.complaints)
                return
            if not is_hit:
                break
            made[error] += 1
    if error_count := sum(made.values()):
        # What was done to the store is seen once more after a restart.
        points.restart()
        faults.extend(f"{kind}, after all points: {text}" for text in points.ledger.complaints)
    used = ", ".join(f"{name} {count}" for name, count in sorted(used.items()))
    print(f"{kind:22} {error_count} points: {dict(made)} of {used}", flush=True)
