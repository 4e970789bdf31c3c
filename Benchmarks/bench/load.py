"""The load: wrk draws keys at random, and the server's CPU time is read before and after."""

import shutil
import subprocess
import threading
from pathlib import Path

from . import tokens

SCRIPT = Path(__file__).resolve().parent.parent / "token.lua"


def require_wrk():
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")


def measure(server, credentials_file, seconds, connections=64, threads=2, sample_of=None, script=SCRIPT):
    """One run. With `sample_of`, a list of credentials, tokens are collected on the side."""
    sample = []
    collector = None
    before = server.cpu_seconds()
    if sample_of is not None:
        collector = threading.Thread(target=tokens.collect, args=(server.public, sample_of, sample))
        collector.start()
    host, port = server.public
    output = subprocess.run(
        ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script,
         f"http://{host}:{port}/oauth2/token", "--", credentials_file],
        check=True, capture_output=True, text=True).stdout
    if collector is not None:
        collector.join()
    cpu = server.cpu_seconds() - before
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    requests, duration, errors, p50, p99 = map(int, line.split()[1:])
    if errors:
        raise SystemExit(f"{errors} of {requests} requests failed:\n{output}")
    return {
        "tokens_per_second": requests / (duration / 1e6),
        "cpu_us_per_token": cpu * 1e6 / (requests + len(sample)),
        "p50_ms": p50 / 1000,
        "p99_ms": p99 / 1000,
        "tokens": requests,
    }, sample
