"""What was found: a table for people, a file for machines."""

import datetime
import json
import os
import re
import subprocess
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "results"


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", info, re.MULTILINE)
    return {
        "cpu": model[1] if model else "unknown",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load_average_at_start": os.getloadavg()[0],
    }


def version(*command):
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    # wrk tells its version and then fails for want of a URL.
    lines = (outcome.stdout or outcome.stderr).strip().splitlines()
    return lines[0].split(" (")[0].split(" Copyright")[0] if lines else None


def versions():
    return {
        "commit": version("git", "describe", "--always", "--dirty"),
        "openssl": version("openssl", "version"),
        "wrk": version("wrk", "-v"),
        "valgrind": version("valgrind", "--version"),
    }


class Report:
    def __init__(self, mode):
        self.rows = []
        self.result = {
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "mode": mode,
            "machine": machine(),
            "versions": versions(),
            "figures": {},
            "runs": {},
        }

    def figure(self, name, text, value, unit="", must=None, digits=1):
        """One row; `must` is what the value may at most be."""
        met = None if must is None else value <= must
        self.result["figures"][name] = {"value": value, "unit": unit, "at_most": must, "met": met}
        shown = f"{value:,.{digits}f}".replace(",", " ") + (f" {unit}" if unit else "")
        limit = "" if must is None else f"≤ {must:g}" + (f" {unit}" if unit else "")
        self.rows.append((text, shown, limit, {None: "", True: "yes", False: "NO"}[met]))

    def runs(self, name, values):
        self.result["runs"][name] = values

    @property
    def missed(self):
        return [name for name, figure in self.result["figures"].items() if figure["met"] is False]

    def print(self):
        rows = [("what", "measured", "must", "met"), *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for number, row in enumerate(rows):
            print("  ".join((
                row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3])).rstrip())
            if number == 0:
                print("  ".join("-" * width for width in widths))
        facts = self.result["machine"]
        print(f"\n{self.result['date']}, {facts['cores']} × {facts['cpu']}, Linux {facts['kernel']}, "
              f"{self.result['versions']['openssl']}")

    def write(self):
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(self.result, indent=2, ensure_ascii=False) + "\n"
        (RESULTS / "latest.json").write_text(text)
