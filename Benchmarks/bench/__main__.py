"""The whole run: `python3 -m bench BINARY [--quick | --instructions | --life | --denials]`."""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from . import denials, instructions, life, load, population, signature, startup, tokens
from .report import Report
from .server import Server

SMALL, LARGE = 100, 100_000
MANY = "100 000 keys"
MUST_INSTRUCTIONS, MUST_INTROSPECTION, MUST_CPU, MUST_GROWTH = 1.9, 1.5, 4.5, 1.2
MUST_RSS_SMALL, MUST_RSS_LARGE, MUST_START = 64, 110, 300


class Site:
    """A server with its keys, warm and ready to be measured."""

    def __init__(self, binary, directory, count, servers):
        self.server = Server(binary, directory)
        servers.append(self.server)
        self.server.start()
        begin = time.monotonic()
        self.credentials = population.create(self.server, count)
        self.creation_seconds = time.monotonic() - begin
        self.file = Path(directory) / "credentials"
        self.file.write_bytes(b"\n".join(self.credentials) + b"\n")
        population.warm(self.server, self.credentials)
        self.runs = []
        self.sample = []

    def measure(self, seconds, sampling=False):
        run, sample = load.measure(
            self.server, self.file, seconds, sample_of=self.credentials if sampling else None)
        self.runs.append(run)
        self.sample += sample

    def median(self, name):
        return statistics.median(run[name] for run in self.runs)


def measure_rounds(sites, rounds, seconds):
    """The sites by turns, so that what else the machine does falls on all of them; the signature between."""
    signatures = [signature.cpu_us()]
    for number in range(rounds):
        for site in sites:
            site.measure(seconds, sampling=number == 0)
        signatures.append(signature.cpu_us())
    return signatures


def report_load(report, sites, signatures):
    small = sites[0]
    bare = statistics.median(signatures)
    if small.median("cpu_us") < bare:
        raise SystemExit("a token holds a signature and cannot be cheaper than one: the measurement is wrong")
    report.figure("tokens_per_second", "tokens per second", small.median("per_second"), "/s", digits=0)
    report.figure("p50", "latency p50, 64 connections", small.median("p50_ms"), "ms", digits=2)
    report.figure("p99", "latency p99, 64 connections", small.median("p99_ms"), "ms", digits=2)
    report.figure("cpu_per_token", "server CPU per token", small.median("cpu_us"), "µs")
    report.figure("cpu_per_signature", "CPU per bare ES256 signature (openssl speed)", bare, "µs")
    report.figure(
        "cpu_ratio", "CPU per token ÷ bare signature", small.median("cpu_us") / bare, must=MUST_CPU,
        digits=2)
    report.figure("rss_small", f"peak RSS, {SMALL} keys", small.server.peak_rss_mib(), "MiB", MUST_RSS_SMALL)
    for site in sites[1:]:
        growth = site.median("cpu_us") / small.median("cpu_us")
        report.figure("cpu_per_token_large", f"server CPU per token, {MANY}", site.median("cpu_us"), "µs")
        report.figure("growth", f"CPU per token, {MANY} ÷ {SMALL} keys", growth,
                      must=MUST_GROWTH, digits=2)
        report.figure("rss_large", f"peak RSS, {MANY}, all in use", site.server.peak_rss_mib(), "MiB", MUST_RSS_LARGE)
    report.runs("signature_cpu_us", signatures)
    for site in sites:
        report.runs(f"keys_{len(site.credentials)}", site.runs)
        count = tokens.verify(site.server.public, site.sample)
        print(f"{count} sampled tokens verified by OpenSSL, every jti differs "
              f"({len(site.credentials)} keys made in {site.creation_seconds:.1f} s)", file=sys.stderr)


def report_instructions(report, binary, probe, site, directory):
    missing = instructions.missing() or (None if probe.exists() else f"{probe} is missing: build it too")
    if missing is not None:
        raise SystemExit(f"instructions cannot be counted: {missing}")
    bare = instructions.per_signature(probe, directory)
    inside = instructions.per_token_in_process(probe, directory)
    whole = instructions.per_token(binary, site.server, site.credentials, directory)
    report.figure("instructions_per_signature", "instructions per bare ES256 signature", bare, digits=0)
    report.figure("instructions_in_process", "instructions per token in process, no HTTP", inside, digits=0)
    report.figure("instructions_per_token", "instructions per token, whole server", whole, digits=0)
    report.figure("instruction_ratio", "instructions per token ÷ bare signature", whole / bare,
                  must=MUST_INSTRUCTIONS, digits=2)
    verification = instructions.per_verification(probe, directory)
    introspection = instructions.per_introspection_in_process(probe, directory)
    report.figure("instructions_per_verification", "instructions per bare ES256 verification", verification, digits=0)
    report.figure("instructions_per_introspection", "instructions per introspection in process, no HTTP", introspection,
                  digits=0)
    report.figure("introspection_instruction_ratio", "instructions per introspection ÷ bare verification",
                  introspection / verification, must=MUST_INTROSPECTION, digits=2)


def measure(mode, binary, probe, directory, report, servers):
    if mode in ("full", "denials"):
        denials.report(binary, directory, report, servers)
    if mode == "denials":
        return
    sites = [Site(binary, directory / "small", SMALL, servers)]
    if mode == "full":
        sites.append(Site(binary, directory / "large", LARGE, servers))
    if mode in ("full", "quick"):
        report_load(report, sites, measure_rounds(sites, *((5, 6) if mode == "full" else (3, 6))))
    if mode in ("full", "life"):
        life.report(sites[0], report)
    for site in sites:
        site.server.stop()
    if mode == "full":
        median, runs = startup.first_token_ms(sites[1].server, sites[1].credentials[0])
        report.figure("start", f"start to first token, {MANY}", median, "ms",
                      MUST_START, digits=0)
        report.runs("start_ms", runs)
    if mode in ("full", "instructions"):
        report_instructions(report, binary, probe, sites[0], directory)


def main():
    parser = argparse.ArgumentParser(prog="Benchmarks/run.sh", description=__doc__)
    parser.add_argument("binary", type=Path, help="tokenbooth, release build with --static-swift-stdlib")
    parser.add_argument("--probe", type=Path, help="TokenPathProbe of the same build; default: beside the binary")
    parser.add_argument("--quick", action="store_true", help="a minute: 100 keys, no instruction counts")
    parser.add_argument("--instructions", action="store_true", help="instruction counts only; a miss is status 1")
    parser.add_argument("--life", action="store_true", help="refreshes, introspections and revocations only")
    parser.add_argument("--denials", action="store_true", help="ten million denied tokens only: minutes, 2 GB of disk")
    options = parser.parse_args()
    binary = options.binary.resolve()
    probe = (options.probe or binary.with_name("TokenPathProbe")).resolve()
    mode = "instructions" if options.instructions else "quick" if options.quick else \
        "life" if options.life else "denials" if options.denials else "full"
    load.require_wrk()
    report = Report(mode)
    servers = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="tokenbooth-bench-") as directory:
        directory = Path(directory)
        try:
            measure(mode, binary, probe, directory, report, servers)
        finally:
            for server in servers:
                server.kill()
    report.result["machine"]["load_average_at_end"] = os.getloadavg()[0]
    report.print()
    if mode == "full":
        report.write()
    if report.missed:
        print("missed: " + ", ".join(report.missed), file=sys.stderr)
    return 1 if mode == "instructions" and report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
