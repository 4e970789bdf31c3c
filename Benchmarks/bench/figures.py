"""From the runs of cells to figures."""

import sys

from . import tokens

#: Cells that are held against the empty answer; the others are held against the base cell.
AGAINST_EMPTY = ("jwks", "status_list", "revocations", "metadata")
#: What is asked for beside an overload.
PROBES = (("health", "/healthz"), ("jwks", "JWKS"), ("revoke", "revocations"))
CELLS_WITH_RSS = ("keys_100", "keys_100000", "keys_1000000")


def report_base(report, base, denominators):
    bare = denominators.median("ES256")
    if base.median("cpu_us") < bare:
        raise SystemExit("a token holds a signature and cannot be cheaper than one: the measurement is wrong")
    report.runs(base.name, base.runs)
    report.figure("tokens_per_second", "tokens per second, base cell", base.values("per_second"), "/s", 0)
    report.figure("p50", "latency p50, 64 connections, closed loop", base.values("p50_ms"), "ms", 2)
    report.figure("p99", "latency p99, 64 connections, closed loop", base.values("p99_ms"), "ms", 2)
    report.figure("cpu_per_token", "server CPU per token", base.values("cpu_us"), "µs")
    report.figure("cpu_per_signature", "CPU per bare ES256 signature (openssl speed)", denominators.runs["ES256"], "µs")
    report.figure("cpu_ratio", "CPU per token ÷ bare signature", [cpu / bare for cpu in base.values("cpu_us")],
                  digits=2)


def report_cells(report, cells, denominators):
    """Throughput, CPU and memory of every other cell, and what it costs against the base or an empty answer."""
    base = cells["token"]
    for cell in cells.values():
        if cell is base:
            continue
        report.runs(cell.name, cell.runs)
        if cell.dimension == "base":
            continue
        report.figure(f"{cell.name}_per_second", f"{cell.title}: per second", cell.values("per_second"), "/s", 0)
        report.figure(f"{cell.name}_cpu", f"{cell.title}: server CPU", cell.values("cpu_us"), "µs")
        other = cells["empty"] if cell.name in AGAINST_EMPTY else cell.beside or base
        words = "empty answer" if cell.name in AGAINST_EMPTY else "plain token"
        report.figure(f"{cell.name}_ratio", f"{cell.title}: CPU ÷ {words}", cell.ratios(other), digits=2)
        if cell.dimension == "algorithm":
            bare = denominators.median(cell.algorithm)
            report.figure(f"{cell.name}_signature_ratio", f"{cell.title}: CPU ÷ its bare signature",
                          [cpu / bare for cpu in cell.values("cpu_us")], digits=2)
        if cell.commits:
            report.figure(f"{cell.name}_p99", f"{cell.title}: latency p99", cell.values("p99_ms"), "ms", 2)
            report.figure(f"{cell.name}_commits", f"{cell.title}: transactions for each",
                          cell.values("commits_per_request"), digits=3)
        if cell.dimension == "keys":
            report.figure(
                f"{cell.name}_settled_ratio", f"{cell.title}: CPU until their use is written ÷ plain token",
                [mine["settled_cpu_us"] / its["cpu_us"] for mine, its in zip(cell.runs, other.runs, strict=True)], digits=2)
        if cell.name in CELLS_WITH_RSS:
            # The peak of each run, and that since the start, which every key was used after.
            report.figure(f"{cell.name}_rss", f"{cell.title}, all in use: peak RSS",
                          [*cell.values("rss_mb"), cell.server.highest_peak_rss_mb()], "MB", 0)
    if "keys_100000" in cells:
        many, few = cells["keys_100000"], cells["keys_100"]
        report.figure("keys_100000_growth", f"{many.title}: CPU ÷ with 100", many.ratios(few), digits=2)
        report.figure("keys_100000_settled_growth", f"{many.title}: CPU until their use is written ÷ with 100",
                      many.ratios(few, "settled_cpu_us"), digits=2)
    for algorithm, runs in denominators.runs.items():
        report.runs(f"signature_{algorithm}", runs)


def report_log(report, cells):
    """A request without its line is one that was not paid for."""
    servers = {id(cell.server): cell.server for cell in cells}.values()
    report.figure("log_lost", "lines that the access logs lack after all of this",
                  sum(server.lost_lines() for server in servers), digits=0)


def report_latency(report, loop):
    report.figure("capacity", "capacity by the open loop's generator", loop.capacity, "/s", 0)
    for share, runs in loop.below.items():
        for name, text in (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9")):
            report.figure(f"open_loop_{share}_{name}", f"open loop, {share} % of capacity: {text}",
                          [run[f"answered_{name}_ms"] for run in runs], "ms", 2)
        report.figure(f"open_loop_{share}_lag", f"open loop, {share} %: p99 of the generator's own lag",
                      [run["lag_p99_ms"] for run in runs], "ms", 2)
        report.figure(f"open_loop_{share}_answered", f"open loop, {share} %: answered with a token",
                      [run["answered_percent"] for run in runs], "%", 2)
    for factor, runs in loop.above.items():
        for name, text, unit, digits in (
                ("goodput_percent", "goodput", "% of capacity", 0), ("answered_p99_ms", "p99 of what is answered", "ms", 0),
                ("refused_p99_ms", "p99 of what is refused", "ms", 0),
                *((f"{name}_answered_percent", f"{title} answered", "%", 0) for name, title in PROBES),
                *((f"{name}_max_ms", f"slowest {title}", "ms", 0) for name, title in PROBES), ("rss_mb", "peak RSS", "MB", 0),
                ("recovery_seconds", "recovery", "s", 2)):
            key = {"goodput_percent": "goodput", "recovery_seconds": "recovery"}.get(name, f"overload_{name}")
            report.figure(f"{key}_{factor}x", f"{factor} × capacity offered: {text}",
                          [run[name] for run in runs], unit, digits)
    report.runs("capacity", loop.capacity)
    report.runs("open_loop", {str(share): runs for share, runs in loop.below.items()})
    report.runs("overload", {str(factor): runs for factor, runs in loop.above.items()})


def report_peers(report, base_runs, cells):
    """Tokens per CPU-second, and how many times those of the better peer ours are."""
    for cell in cells:
        report.figure(f"{cell.name}_cpu", f"{cell.title}: CPU per token", cell.values("cpu_us"), "µs", 0)
        report.figure(f"{cell.name}_per_second", f"{cell.title}: tokens per second", cell.values("per_second"), "/s", 0)
        report.runs(cell.name, cell.runs)
    report.result["versions"]["peers"] = sorted({cell.server.version() for cell in cells})
    best = min(cells, key=lambda cell: cell.median("cpu_us"))
    report.figure("peer_ratio", f"tokens per CPU-second ÷ the better peer's ({best.title})",
                  [its["cpu_us"] / ours["cpu_us"] for ours, its in zip(base_runs, best.runs, strict=True)])


def verify_samples(cells):
    """Every sampled token is verified by OpenSSL; no two of one server have the same `jti`."""
    total = 0
    for cell in cells:
        if not cell.sample:
            continue
        if cell.dimension == "peer":
            total += tokens.verify(cell.server.public_key, cell.sample, cell.algorithm)
        else:
            keys = tokens.published_keys(cell.server.public)
            total += tokens.verify(keys, cell.sample, cell.algorithm, tokens.is_ours)
    print(f"{total} sampled tokens verified by OpenSSL, every jti of a cell differs", file=sys.stderr)
