"""The load: wrk draws keys at random, and the server's CPU time is read before and after."""

import shutil
import subprocess
import threading
from pathlib import Path

from . import tokens

SCRIPTS = Path(__file__).resolve().parent.parent


def require_wrk():
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")


def wrk(server, path, script, file, seconds, connections=64, threads=2):
    """One closed loop: every connection asks again when it has its answer."""
    before = server.cpu_seconds()
    host, port = server.public
    output = subprocess.run(
        ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPTS / script,
         f"http://{host}:{port}{path}", "--", file],
        check=True, capture_output=True, text=True).stdout
    cpu = server.cpu_seconds() - before
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    requests, duration, errors, p50, p99 = map(int, line.split()[1:])
    if errors:
        raise SystemExit(f"{errors} of {requests} requests failed:\n{output}")
    return {
        "per_second": requests / (duration / 1e6),
        "cpu_us": cpu * 1e6 / requests,
        "p50_ms": p50 / 1000,
        "p99_ms": p99 / 1000,
        "requests": requests,
    }


def measure(server, credentials_file, seconds, sample_of=None):
    """One run of plain tokens. With `sample_of`, a list of credentials, tokens are collected on the side."""
    sample = []
    collector = None
    if sample_of is not None:
        collector = threading.Thread(target=tokens.collect, args=(server.public, sample_of, sample))
        collector.start()
    run = wrk(server, "/oauth2/token", "token.lua", credentials_file, seconds)
    if collector is not None:
        collector.join()
    run["cpu_us"] *= run["requests"] / (run["requests"] + len(sample))
    return run, sample
