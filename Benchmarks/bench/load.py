"""The closed loop: wrk asks, and the server's CPU time and memory are read before and after."""

import shutil
import subprocess
import threading
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
CONNECTIONS = 64


def require_wrk():
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")


def wrk(server, path, script, arguments, seconds, connections=CONNECTIONS, threads=2):
    """One run: every connection asks again when it has its answer. Any answer but 2xx or 3xx is an error.

    `per_second`; `cpu_us` of the server for each request; latencies in ms; `rss_mb`: the peak in this run.
    """
    server.begin_run()
    before = server.cpu_seconds()
    host, port = server.public[:2]
    scheme = "https" if len(server.public) > 2 and server.public.tls else "http"
    output = subprocess.run(
        ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script,
         f"{scheme}://{host}:{port}{path}", "--", *map(str, arguments)],
        cwd=SCRIPTS, check=True, capture_output=True, text=True).stdout
    cpu = server.cpu_seconds() - before
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    requests, duration, errors, p50, p99 = map(int, line.split()[1:])
    if errors or not requests:
        raise SystemExit(f"{errors} of {requests} requests to {path} failed:\n{output}\n{server.last_words()}")
    return {
        "per_second": requests / (duration / 1e6),
        "cpu_us": cpu * 1e6 / requests,
        "p50_ms": p50 / 1000,
        "p99_ms": p99 / 1000,
        "rss_mb": server.peak_rss_mb(),
        "requests": requests,
    }


def sampled(run, collect):
    """`run()` with `collect(sample)` beside it, which may end later; what it got meanwhile cost CPU time too."""
    sample = []
    failures = []

    def beside():
        try:
            collect(sample)
        except BaseException as failure:  # to be raised by whoever waits
            failures.append(failure)

    collector = threading.Thread(target=beside)
    collector.start()
    result = run()
    result["cpu_us"] *= result["requests"] / (result["requests"] + len(sample))
    collector.join()
    if failures:
        raise failures[0]
    return result, sample
