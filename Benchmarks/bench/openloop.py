"""The open-loop generator of `Benchmarks/openloop`: compiled here, run and read."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "openloop"
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]


class Generator:
    def __init__(self, directory):
        """Compiles the generator into `directory`."""
        if shutil.which("gcc") is None:
            raise SystemExit("gcc is missing: apt-get install gcc libc6-dev")
        self.binary = Path(directory) / "generator"
        subprocess.run(["gcc", *FLAGS, "-o", self.binary, *sorted(SOURCE.glob("*.c"))], check=True)

    def run(self, address, requests, rate, seconds, connections=64, patience_ms=60_000, timeout_ms=60_000):
        """Offers `rate` requests a second, at fixed times, for `seconds`.

        `rate` 0 is a closed loop. The result is what `openloop/main.c` describes.
        """
        host, port = address[:2]
        arguments = [host, port, rate, seconds, connections, patience_ms, timeout_ms, requests]
        outcome = subprocess.run(
            [self.binary, *map(str, arguments)], capture_output=True, text=True, timeout=seconds + 600)
        if outcome.returncode != 0:
            raise SystemExit(outcome.stderr.strip())
        return json.loads(outcome.stdout)

    def ask_each_once(self, address, requests, connections=64):
        """Every request once, in order; ends the benchmark when one is refused."""
        result = self.run(address, requests, 0, 0, connections)
        if result["answered"] != result["offered"]:
            raise SystemExit(f"not every request was answered: {result}")


def write_requests(path, requests):
    """A file of requests for the generator: each after its length in bytes."""
    path = Path(path)
    with open(path, "wb") as file:
        for request in requests:
            file.write(struct.pack("<I", len(request)) + request)
    return path
