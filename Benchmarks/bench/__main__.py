"""The whole run: `python3 -m bench BINARY [--quick | --instructions | --latency | --peers | --denials | …]`."""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import chart, load, parts, readme
from .report import Report
from .scale import QUICK, REHEARSAL, Scale
from .tools import Tools

#: Besides the full run, each with an option of its name: the parts of it.
MODES = {
    "quick": ("star",), "instructions": ("instructions",), "latency": ("latency",), "peers": ("peers",),
    "denials": ("denials",), "imports": ("imports",), "rehearsal": parts.ALL,
}
ENVIRONMENT = Path(__file__).resolve().parents[2] / ".build" / "peers"


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
    only.add_argument("--imports", action="store_true", help="import and export of keys only")
    only.add_argument("--rehearsal", action="store_true", help="all of a full run in little: shows that it runs to its end")
    only.add_argument("--continue", action="store_true", dest="goes_on",
                      help="the parts of a full run that failed or were not reached")
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
    if options.goes_on:
        report.go_on()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="tokenbooth-bench-") as directory:
        scale = {"quick": QUICK, "rehearsal": REHEARSAL}.get(mode, Scale())
        tools = Tools(options.binary, Path(directory), options.environment, scale)
        try:
            parts.Parts(options, report, tools).run(MODES.get(mode, parts.ALL))
        finally:
            tools.end()
    report.result["seconds"] = report.result.get("seconds", 0) + round(time.monotonic() - begin)
    report.print()
    if report.failed:
        print(f"FAILED: {', '.join(report.failed)}", file=sys.stderr)
        if mode == "full":
            print(f"the rest is in {report.write_unfinished()}; --continue measures what is missing", file=sys.stderr)
        return 1
    print(f"{report.result['seconds']} seconds; {report.write()}", file=sys.stderr)
    if mode == "full":
        chart.write(report.result)
        readme.write(report.result)
    if mode == "rehearsal":
        chart.draw(report.result)
        readme.replaced(readme.README.read_text(), report.result)
    return verdict(report, mode)


def verdict(report, mode):
    """The exit status: a full run must reach what must be reached, instructions must not be lost."""
    is_whole = mode in ("full", "rehearsal")
    for name in report.missed:
        print(f"missed: {report.told(name)}", file=sys.stderr)
    for name in report.lost:
        print(f"worse than what was held: {report.told(name)}", file=sys.stderr)
    unmeasured = report.unmeasured if is_whole else []
    for name in unmeasured:
        print(f"in limits.json, and not measured: {name}", file=sys.stderr)
    if mode == "full":
        return 1 if report.missed or report.lost or unmeasured else 0
    return 1 if unmeasured or mode == "instructions" and report.lost else 0


if __name__ == "__main__":
    sys.exit(main())
