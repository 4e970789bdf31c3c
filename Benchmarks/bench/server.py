"""The server under test: started with its defaults, watched through /proc."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import http

LOST = re.compile(rb'"log lines were dropped[^}]*"count":(\d+)')


class Server:
    """One process on a data directory; its access log goes to a file, as in production."""

    def __init__(self, binary, directory, wrapper=(), environment=None, tls=None):
        """`environment`: settings beside the defaults. `tls`: files of a certificate and its key."""
        self.binary = binary
        self.directory = Path(directory)
        self.wrapper = list(wrapper)
        self.environment = environment or {}
        self.tls = tls
        self.highest_rss_mb = 0
        self.lost = 0
        self.process = None
        self.public = None
        self.admin = None
        self.log = self.directory / "access.log"
        for name in ("data", "keys"):
            (self.directory / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def spawn(self, port=0):
        self.highest_rss_mb = 0
        self.log.unlink(missing_ok=True)
        tls = ["--tls-cert", self.tls[0], "--tls-key", self.tls[1]] if self.tls else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, self.binary, "serve",
                 "--data-dir", self.directory / "data", "--keys-dir", self.directory / "keys",
                 "--listen", f"127.0.0.1:{port}", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
                 *tls], env=os.environ | self.environment,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)

    def start(self, attempts=5):
        """Starts the server; again when all ports were taken, as they are for a moment on a busy machine."""
        while not self.is_ready():
            attempts -= 1
            if attempts == 0 or b"Address already in use" not in self.log.read_bytes():
                raise SystemExit("the server does not start:\n" + self.log.read_text()[-4000:])
            time.sleep(2)
        return self

    def is_ready(self, timeout=120):
        """Starts the process and waits for its ready event, which names the ports."""
        self.spawn()
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for line in self.log.read_bytes().splitlines():
                if b'"ready"' in line:
                    event = json.loads(line)
                    self.public = address(event["public"], self.tls is not None)
                    self.admin = address(event["admin"], self.tls is not None)
                    return True
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.kill()
        return False

    @property
    def root_key(self):
        return (self.directory / "keys" / "root.key").read_text().strip()

    def cpu_seconds(self):
        """User and system time of all threads since the start."""
        return process_cpu_seconds(self.process.pid)

    def begin_run(self):
        """From here on the peak counts anew, and the log, which grows by megabytes a second, begins anew."""
        self.lost = self.lost_lines()
        os.truncate(self.log, 0)
        self.highest_rss_mb = max(self.highest_rss_mb, peak_rss_mb(self.process.pid))
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak_rss_mb(self):
        """Since `begin_run`."""
        return peak_rss_mb(self.process.pid)

    def highest_peak_rss_mb(self):
        """Since the start."""
        return max(self.highest_rss_mb, self.peak_rss_mb())

    def lost_lines(self):
        """Requests that the access log of this object's servers lacks, because it was not written fast enough."""
        return self.lost + sum(map(int, LOST.findall(self.log.read_bytes())))

    def metric(self, name):
        """The sum of a metric over its labels."""
        connection = http.Connection(self.admin)
        text = connection.ask(http.get(b"/metrics"))[1].decode()
        connection.close()
        lines = (line for line in text.splitlines() if line.startswith((name + " ", name + "{")))
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def last_words(self):
        """Whether the process lives, and what it said beside its access log."""
        lines = [line for line in self.log.read_text().splitlines() if '"message":"request"' not in line]
        return "\n".join([f"exit status {self.process.poll()} (None: it lives)", *lines[-10:]])

    def stop(self, timeout=120):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout) != 0:
            raise SystemExit(f"the server ended with status {self.process.returncode}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def process_cpu_seconds(pid):
    """User and system time of all threads of a process, in seconds; the kernel counts in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_rss_mb(pid):
    """The most resident memory since the last reset, in 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit("the kernel tells no peak of resident memory")


def address(text, tls=False):
    host, port = text.rsplit(":", 1)
    return http.Address(host.strip("[]"), int(port), tls)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def copy_of(server, directory):
    """The data directory and keys of a stopped server, for another process."""
    shutil.copytree(server.directory / "data", Path(directory) / "data")
    shutil.copytree(server.directory / "keys", Path(directory) / "keys")
