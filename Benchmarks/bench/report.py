"""What was found: a table for people, a file for machines. Every figure is a median with its spread."""

import datetime
import json
import os
import re
import statistics
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
RESULTS = HERE / "results"
#: The parts of a full run that are done, until all are.
UNFINISHED = RESULTS / "unfinished.json"
#: What must be held and what is aimed at; at most, unless `better` is `more`.
LIMITS = json.loads((HERE / "limits.json").read_text())


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
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=HERE)
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
        "gcc": version("gcc", "--version"),
        "valgrind": version("valgrind", "--version"),
    }


def number(value, digits):
    return f"{value:,.{digits}f}".replace(",", " ")


def limit(figure, name):
    """`≤ 1.5`, or nothing."""
    if figure[name] is None:
        return ""
    return ("≥ " if figure["better"] == "more" else "≤ ") + f"{figure[name]:g}"


def shown(figure):
    """A median, and where there were several values their spread."""
    text = number(figure["value"], figure["digits"])
    if figure["least"] != figure["most"]:
        text += f" ({number(figure['least'], figure['digits'])}–{number(figure['most'], figure['digits'])})"
    return text + (f" {figure['unit']}" if figure["unit"] else "")


class Report:
    def __init__(self, mode):
        self.result = {
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "mode": mode,
            "machine": machine(),
            "versions": versions(),
            "figures": {},
            "runs": {},
            # Seconds of each part that was measured.
            "parts": {},
        }
        self.failed = []

    def go_on(self):
        """Takes what an unfinished full run of the same commit has found."""
        if not UNFINISHED.exists():
            raise SystemExit("there is no full run to continue")
        found = json.loads(UNFINISHED.read_text())
        if found["versions"]["commit"] != self.result["versions"]["commit"]:
            raise SystemExit("what is unfinished is of another commit")
        self.result = found

    def names(self):
        return {kind: set(self.result[kind]) for kind in ("figures", "runs")}

    def keep(self, names):
        """Forgets all that is not among the names."""
        for kind, kept in names.items():
            self.result[kind] = {name: value for name, value in self.result[kind].items() if name in kept}

    def figure(self, name, text, values, unit="", digits=1):
        """One row; `values` is a number or a list of them. What must be held stands in limits.json."""
        values = list(values) if isinstance(values, (list, tuple)) else [values]
        limits = LIMITS.get(name, {})
        value, must, better = statistics.median(values), limits.get("must"), limits.get("better", "less")
        self.result["figures"][name] = {
            "text": text, "value": value, "least": min(values), "most": max(values), "unit": unit, "digits": digits,
            "must": must, "aim": limits.get("aim"), "better": better,
            "met": None if must is None else value >= must if better == "more" else value <= must,
        }

    def runs(self, name, values):
        self.result["runs"][name] = values

    @property
    def lost(self):
        """What is worse than the level that was reached once: `held` in limits.json, which only goes down."""
        figures = self.result["figures"].items()
        return [name for name, figure in figures if figure["value"] > LIMITS.get(name, {}).get("held", float("inf"))]

    @property
    def missed(self):
        return [name for name, figure in self.result["figures"].items() if figure["met"] is False]

    @property
    def unmeasured(self):
        return [name for name in LIMITS if name not in self.result["figures"]]

    def told(self, name):
        """`text: 1.62 (must ≤ 1.5, held 1.6)`."""
        figure = self.result["figures"][name]
        limits = [f"must {limit(figure, 'must')}"] if figure["must"] is not None else []
        limits += [f"held {LIMITS[name]['held']:g}"] if "held" in LIMITS[name] else []
        return f"{figure['text']}: {shown(figure)} ({', '.join(limits)})"

    def print(self):
        rows = [("what", "median (spread)", "must", "aim", "met")]
        for figure in self.result["figures"].values():
            met = {None: "", True: "yes", False: "NO"}[figure["met"]]
            rows.append((figure["text"], shown(figure), limit(figure, "must"), limit(figure, "aim"), met))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        for count, row in enumerate(rows):
            print("  ".join((row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]),
                             row[3].rjust(widths[3]), row[4])).rstrip())
            if count == 0:
                print("  ".join("-" * width for width in widths))
        facts = self.result["machine"]
        print(f"\n{self.result['date']}, {facts['cores']} × {facts['cpu']}, Linux {facts['kernel']}, "
              f"{self.result['versions']['openssl']}, load average at start {facts['load_average_at_start']:.2f}")

    def write(self):
        """A full run is `latest.json`, which the README and the chart are made of; others go by their mode."""
        self.result["machine"]["load_average_at_end"] = os.getloadavg()[0]
        path = RESULTS / ("latest.json" if self.result["mode"] == "full" else f"{self.result['mode']}.json")
        self._write(path)
        if self.result["mode"] == "full":
            UNFINISHED.unlink(missing_ok=True)
        return path

    def write_unfinished(self):
        """So that a full run that breaks off can be continued."""
        if self.result["mode"] == "full":
            self._write(UNFINISHED)
        return UNFINISHED

    def _write(self, path):
        RESULTS.mkdir(exist_ok=True)
        path.write_text(json.dumps(self.result, indent=2, ensure_ascii=False) + "\n")
