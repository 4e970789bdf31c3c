"""The whole run: `python3 -m bench BINARY [--quick | --instructions | --latency | --peers | --denials]`."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import beside, chart, denials, figures, http, instructions, latency, load, openloop, readme, star, startup
from .cell import measure_rounds
from .report import Report
from .signature import Denominators
from .site import Site
from .tools import Tools

#: Rounds and seconds for each cell.
ROUNDS, SECONDS = 3, 3
#: Besides the full run, each with an option of its name.
MODES = ("quick", "instructions", "latency", "peers", "denials")
ENVIRONMENT = Path(__file__).resolve().parents[2] / ".build" / "peers"


def run_star(report, tools, site, is_quick):
    base = star.base_cell(site)
    others = star.quick_cells(site) if is_quick else star.grant_cells(site) + star.other_cells(tools, site)
    cells = [base, *others]
    denominators = Denominators(["ES256"] if is_quick else ["ES256", "EdDSA", "RS256"])
    measure_rounds(cells, denominators, ROUNDS, 2 if is_quick else SECONDS)
    if not is_quick:
        denominators.runs["PS256"] = denominators.runs["RS256"]
    figures.verify_samples(cells)
    figures.report_base(report, base, denominators)
    figures.report_cells(report, {cell.name: cell for cell in cells}, denominators)
    return cells


def run_revocations(report, site):
    """After everything else on its server, by turns with the base cell."""
    base, revoke = star.base_cell(site), star.revoke_cell(site)
    measure_rounds([base, revoke], Denominators([]), ROUNDS, 1)
    if any(run["requests"] > star.REVOKED for run in revoke.runs):
        raise SystemExit("there were fewer tokens than revocations")
    figures.report_cells(report, {"token": base, "revoke": revoke}, Denominators([]))


def run_latency(report, tools, site):
    requests = [http.token_request(basic) for basic in site.credentials]
    file = openloop.write_requests(tools.directory / "open-loop", requests)
    loop = latency.OpenLoop(tools.generator, site.server, file, requests[0])
    for _ in range(ROUNDS):
        loop.measure_capacity(SECONDS)
    for _ in range(ROUNDS):
        for share in latency.SHARES:
            loop.measure_below(share, 4)
    for _ in range(ROUNDS):
        for factor in loop.above:
            loop.measure_above(factor, 4)
    figures.report_latency(report, loop)


def run_peers(report, tools, site):
    base, peers = star.base_cell(site), beside.peer_cells(tools)
    # Longer than others: the slowest takes a second and a half for an answer to each connection.
    measure_rounds([base, *peers], Denominators([]), ROUNDS, SECONDS + 2)
    figures.verify_samples(peers)
    figures.report_peers(report, base.runs, peers)


def run_starts(report, cells):
    """The server with the most keys is stopped and started again and again."""
    server = cells[-1].server
    basic = Path(server.directory / "credentials").read_bytes().split(b"\n", 1)[0]
    server.stop()
    runs = startup.first_token_ms(server, basic)
    report.figure("start", f"{cells[-2].title}: start to first token", runs, "ms", 0)
    report.runs("start_ms", runs)


def report_instructions(report, binary, probe, site, directory):
    missing = instructions.missing() or (None if probe.exists() else f"{probe} is missing: build it too")
    if missing is not None:
        raise SystemExit(f"instructions cannot be counted: {missing}")
    bare = instructions.per_signature(probe, directory)
    inside = instructions.per_token_in_process(probe, directory)
    whole = instructions.per_token(binary, site.server, site.credentials[:instructions.KEYS], directory)
    verification = instructions.per_verification(probe, directory)
    introspection = instructions.per_introspection_in_process(probe, directory)
    report.figure("instructions_per_signature", "instructions per bare ES256 signature", bare, digits=0)
    report.figure("instructions_in_process", "instructions per token in process, no HTTP", inside, digits=0)
    report.figure("instructions_per_token", "instructions per token, whole server", whole, digits=0)
    report.figure("instruction_ratio", "instructions per token ÷ bare signature", whole / bare, digits=2)
    report.figure("instructions_per_verification", "instructions per bare ES256 verification", verification, digits=0)
    report.figure("instructions_per_introspection", "instructions per introspection in process, no HTTP", introspection,
                  digits=0)
    report.figure("introspection_instruction_ratio", "instructions per introspection ÷ bare verification",
                  introspection / verification, digits=2)


def run(options, report, tools):
    """Everything that the mode of the report asks for."""
    def wants(part):
        return report.result["mode"] in ("full", part)

    if wants("denials"):
        denials.report(tools, report)
    if report.result["mode"] == "denials":
        return
    site = Site(tools, "base", star.BASE_KEYS)
    if wants("quick"):
        cells = run_star(report, tools, site, options.quick)
    if wants("starts"):
        run_starts(report, cells)
        # Only the server of the base cell is needed from here on.
        for server in tools.running:
            if server is not site.server:
                server.kill()
    if wants("latency"):
        run_latency(report, tools, site)
    if wants("peers"):
        run_peers(report, tools, site)
    if wants("revocations"):
        run_revocations(report, site)
    if wants("instructions"):
        site.server.stop()
        report_instructions(report, options.binary, options.probe, site, tools.directory)


def options_of(arguments=None):
    parser = argparse.ArgumentParser(prog="Benchmarks/run.sh", description=__doc__)
    parser.add_argument("binary", type=Path, help="tokenbooth, release build with --static-swift-stdlib")
    parser.add_argument("--probe", type=Path, help="TokenPathProbe of the same build; default: beside the binary")
    parser.add_argument("--environment", type=Path, default=ENVIRONMENT,
                        help="the Python environment that peers/install.sh made; default: .build/peers")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--quick", action="store_true", help="a minute: the base cell and some grants")
    only.add_argument("--instructions", action="store_true", help="instruction counts only; a miss is status 1")
    only.add_argument("--latency", action="store_true", help="the open loop only")
    only.add_argument("--peers", action="store_true", help="the peers beside the base cell only")
    only.add_argument("--denials", action="store_true", help="ten million denied tokens only: minutes, 2 GB of disk")
    options = parser.parse_args(arguments)
    options.binary = options.binary.resolve()
    options.probe = (options.probe or options.binary.with_name("TokenPathProbe")).resolve()
    return options


def main():
    options = options_of()
    mode = next((mode for mode in MODES if getattr(options, mode)), "full")
    begin = time.monotonic()
    load.require_wrk()
    report = Report(mode)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="tokenbooth-bench-") as directory:
        tools = Tools(options.binary, Path(directory), options.environment)
        try:
            run(options, report, tools)
        finally:
            tools.end()
    report.result["seconds"] = round(time.monotonic() - begin)
    report.print()
    print(f"{report.result['seconds']} seconds; {report.write()}", file=sys.stderr)
    if mode == "full":
        chart.write(report.result)
        readme.write(report.result)
    if report.missed:
        print("missed: " + ", ".join(report.missed), file=sys.stderr)
    if report.lost:
        print("worse than what was held: " + ", ".join(report.lost), file=sys.stderr)
    return 1 if mode == "instructions" and report.lost else 0


if __name__ == "__main__":
    sys.exit(main())
