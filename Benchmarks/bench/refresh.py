"""Durable refreshes: chains of refresh tokens over as many connections, against plain tokens by turns."""

import json
import re
import statistics
import sys
from pathlib import Path

from . import http, load
from .population import AUDIENCE, SCOPES, SECRET

SCRIPT = Path(__file__).resolve().parent.parent / "refresh.lua"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
COMMITS = re.compile(rb"^tokenbooth_db_commits_total (\d+)$", re.MULTILINE)
MUTATIONS = re.compile(rb"^tokenbooth_db_mutations_total (\d+)$", re.MULTILINE)
CONNECTIONS = 64
#: CPU of a refresh ÷ CPU of a plain token; transactions for each refresh; milliseconds.
MUST_CPU, MUST_COMMITS, MUST_P99 = 2.0, 1 / 8, 20


def report(site, report, directory, rounds=3, seconds=6):
    """Plain tokens and refreshes by turns, so that what else the machine does falls on both."""
    key = refreshing_key(site.server)
    plain, refreshed, commits = [], [], []
    for _ in range(rounds):
        plain.append(load.measure(site.server, site.file, seconds, CONNECTIONS, CONNECTIONS)[0])
        chains = Path(directory) / "chains"
        chains.write_text("".join(f"{http.credential(key).decode()} {open_family(site.server, key)}\n"
                                  for _ in range(CONNECTIONS)))
        before = counts(site.server)
        refreshed.append(
            load.measure(site.server, chains, seconds, CONNECTIONS, CONNECTIONS, script=SCRIPT)[0])
        after = counts(site.server)
        commits.append((after[0] - before[0]) / (after[1] - before[1]))
    median = lambda runs, name: statistics.median(run[name] for run in runs)
    cpu = median(refreshed, "cpu_us_per_token")
    report.figure("refreshes_per_second", "durable refreshes per second", median(refreshed, "tokens_per_second"),
                  "/s", digits=0)
    report.figure("refresh_p99", "latency p99 of a refresh, 64 connections", median(refreshed, "p99_ms"), "ms",
                  MUST_P99, digits=2)
    report.figure("refresh_cpu", "server CPU per refresh", cpu, "µs")
    report.figure("refresh_cpu_ratio", "CPU per refresh ÷ plain token", cpu / median(plain, "cpu_us_per_token"),
                  must=MUST_CPU, digits=2)
    report.figure("refresh_commits", "transactions per refresh", statistics.median(commits), must=MUST_COMMITS,
                  digits=3)
    report.runs("refresh", refreshed)
    report.runs("refresh_plain", plain)
    print(f"transactions per refresh: {[round(each, 4) for each in commits]}", file=sys.stderr)


def refreshing_key(server):
    body = json.dumps({"name": "refreshing", "scopes": SCOPES, "audiences": [AUDIENCE],
                       "grant_types": [EXCHANGE, "refresh_token"]}).encode()
    request = http.post(b"/admin/v1/keys", body, b"application/json", b"Bearer " + server.root_key.encode())
    return SECRET.search(http.ask_all(server.admin, [request], 201, connections=1, depth=1)[0])[1]


def open_family(server, key):
    form = f"grant_type={EXCHANGE}&subject_token={key.decode()}&subject_token_type=urn:tokenbooth:token-type:api-key"
    request = (b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
               b"Content-Length: %d\r\n\r\n%s" % (len(form), form.encode()))
    return json.loads(http.ask_all(server.public, [request], 200, connections=1, depth=1)[0])["refresh_token"]


def counts(server):
    """Transactions and changes that were made durable."""
    connection = http.Connection(server.admin)
    text = connection.ask(http.get(b"/metrics"))[1]
    connection.close()
    return int(COMMITS.search(text)[1]), int(MUTATIONS.search(text)[1])
