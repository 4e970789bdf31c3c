"""The README's table of figures, written between two markers: `python3 -m bench.readme [--check]`.

It is made of results/latest.json and of nothing else; `--check` has status 1 when the README says something else.
"""

import json
import sys

from .report import HERE, RESULTS, limit, shown

README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures: begin (written by make bench) -->", "<!-- figures: end -->"
#: The figures of the table, in order. What misses a limit is shown in any case; the rest stands in the JSON file.
FIGURES = (
    "tokens_per_second", "refresh_per_second", "introspect_per_second", "revoke_per_second", "cpu_per_token",
    "cpu_per_signature", "cpu_ratio", "p50", "p99", "instruction_ratio", "limited_instruction_ratio", "introspection_instruction_ratio", "exchange_ratio",
    "refresh_ratio", "refresh_p99", "refresh_commits", "introspect_ratio", "revoke_ratio", "revoke_commits",
    "jwks_ratio", "status_list_ratio", "revocations_ratio", "metadata_ratio", "EdDSA_signature_ratio",
    "RS256_signature_ratio", "PS256_signature_ratio", "tls_ratio", "close_ratio", "keys_100000_growth",
    "keys_1000000_ratio", "keys_1000000_settled_ratio", "zipf_ratio", "keys_100_rss", "keys_100000_rss",
    "keys_1000000_rss", "start_100000", "start_1000000", "denied_rss", "denied_growth", "denied_ready", "denied_revocation_p99", "open_loop_50_p99",
    "open_loop_70_p50", "open_loop_70_p99", "open_loop_70_p999", "open_loop_90_p99", "goodput_2x",
    "overload_health_answered_percent_2x", "overload_jwks_answered_percent_2x",
    "overload_revoke_answered_percent_2x", "goodput_10x", "overload_health_answered_percent_10x",
    "overload_jwks_answered_percent_10x", "overload_revoke_answered_percent_10x", "recovery_10x",
    "log_lost", "import_per_second", "export_per_second", "peer_ratio",
)


def rows(figures):
    """Names of what the table shows: what is listed and was measured, then what is not listed and was missed."""
    missed = (name for name, figure in figures.items() if figure["met"] is False)
    return [name for name in dict.fromkeys((*FIGURES, *missed)) if name in figures]


def table(result):
    machine, versions = result["machine"], result["versions"]
    lines = [
        f"`make bench`, {result['date'][:10]}, commit `{versions['commit']}`, {machine['cores']} cores of an "
        f"{machine['cpu']}, Linux {machine['kernel']}, {versions['openssl'].rsplit(' ', 3)[0]}; the load runs "
        f"on the same cores; load average before it {machine['load_average_at_start']:.1f}. Medians of the rounds, with the "
        "spread in brackets:",
        "",
        "| | measured | must | aim |",
        "|---|---|---|---|",
    ]
    for name in rows(result["figures"]):
        figure = result["figures"][name]
        must = limit(figure, "must") + (" **missed**" if figure["met"] is False else "")
        lines.append(f"| {figure['text']} | {shown(figure)} | {must} | {limit(figure, 'aim')} |")
    lines += ["", "![CPU of each request, latency under a fixed load, and the peers](Benchmarks/results/latest.svg)"]
    return "\n".join(lines)


def replaced(text, result):
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{table(result)}\n{END}{after}"


def write(result):
    README.write_text(replaced(README.read_text(), result))


def main():
    latest = RESULTS / "latest.json"
    if not latest.exists():
        print(f"{latest.relative_to(HERE.parent)} is missing: make bench writes it, and it belongs in the repository",
              file=sys.stderr)
        return 1
    result = json.loads(latest.read_text())
    if "--check" not in sys.argv[1:]:
        write(result)
    elif README.read_text() != replaced(README.read_text(), result):
        print("the README's figures are not those of Benchmarks/results/latest.json", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
