"""Cells whose ratio matters by a tenth: a second of each, again and again, for these machines change within seconds."""

import statistics
import sys

from . import quiet


def measure_turns(cells, rounds, turns, seconds=1):
    """As `measure_rounds`; a run of a round is `turns` slices, one of each cell after the other.

    Cells of the dimension `keys`, each on a server of its own, get `settled_cpu_us` too: with what they write afterwards.
    """
    servers = list({id(cell.server): cell.server for cell in cells}.values())
    for number in range(rounds):
        quiet.wait(servers)
        before = {cell.name: cell.server.cpu_seconds() for cell in cells}
        slices = {cell.name: [] for cell in cells}
        for turn in range(turns):
            for cell in cells:
                cell.measure(seconds, sampling=number == turn == 0)
                slices[cell.name].append(cell.runs.pop())
        for cell in cells:
            cell.runs.append(pooled(slices[cell.name]))
        settle([cell for cell in cells if cell.dimension == "keys"], before, is_first=number == 0)
        print(f"round {number + 1} of {rounds}, {len(cells)} cells by turns", file=sys.stderr, flush=True)


def settle(cells, before, is_first):
    """Most of the counters of many keys are written after their use."""
    if not cells:
        return
    quiet.settle([cell.server for cell in cells])
    for cell in cells:
        tokens = cell.runs[-1]["requests"] + (len(cell.sample) if is_first else 0)
        cell.runs[-1]["settled_cpu_us"] = (cell.server.cpu_seconds() - before[cell.name]) * 1e6 / tokens


def pooled(slices):
    """One run of them: sums, and for latencies the median of the slices."""
    requests = sum(run["requests"] for run in slices)

    def mean(figure):
        return sum(run[figure] * run["requests"] for run in slices) / requests

    run = {
        "per_second": requests / sum(run["requests"] / run["per_second"] for run in slices),
        "cpu_us": mean("cpu_us"),
        "p50_ms": statistics.median(run["p50_ms"] for run in slices),
        "p99_ms": statistics.median(run["p99_ms"] for run in slices),
        "rss_mb": max(run["rss_mb"] for run in slices),
        "requests": requests,
    }
    if "commits_per_request" in slices[0]:
        run["commits_per_request"] = mean("commits_per_request")
    return run
