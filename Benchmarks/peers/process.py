"""A server of somebody else: a process with its children, watched through /proc."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from bench import http
from bench.server import free_port, peak_rss_mb, process_cpu_seconds


class Peer:
    """Subclasses prepare a directory, say what to run, and how a token is asked for."""

    #: Name in the results, and in words for the table.
    name, title = None, None
    token_path = None
    #: What every token is asked for with; the credentials are HTTP Basic.
    form = "grant_type=client_credentials&scope=reports"

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        self.output = self.directory / "output"
        self.public = ("127.0.0.1", free_port())
        self.process = None

    def command(self):
        raise NotImplementedError

    def version(self):
        raise NotImplementedError

    def launch(self, ready, timeout=30):
        """Starts the process, with its output to a file, and waits until `ready` gets an answer (GET)."""
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in self.command()], cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output)
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.process.poll() is None:
            try:
                connection = http.Connection(self.public, timeout=1)
                connection.ask(http.get(ready))
                connection.close()
                return self
            except OSError:
                time.sleep(0.05)
        self.kill()
        raise SystemExit(f"{self.name} does not start:\n" + self.output.read_text()[-4000:])

    def processes(self):
        """The process and its descendants."""
        found, next_ones = [], [self.process.pid]
        while next_ones:
            pid = next_ones.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                # A thread may end between the two.
                with contextlib.suppress(FileNotFoundError):
                    next_ones += map(int, task.read_text().split())
        return found

    def cpu_seconds(self):
        return sum(map(process_cpu_seconds, self.processes()))

    def begin_run(self):
        for pid in self.processes():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_rss_mb(self):
        """The sum over the processes; pages that they share count more than once."""
        return sum(map(peak_rss_mb, self.processes()))

    def last_words(self):
        """Whether the process lives, and the end of its output."""
        return f"exit status {self.process.poll()} (None: it lives)\n" + self.output.read_text()[-2000:]

    def kill(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for pid in self.processes():
                os.kill(pid, signal.SIGKILL)
            self.process.wait()
