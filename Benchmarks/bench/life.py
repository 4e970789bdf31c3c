"""What comes after the first token: refreshes, introspections and revocations, each of them by wrk."""

import json
import statistics
import urllib.parse

from . import http, load, population

EXCHANGE = urllib.parse.urlencode({
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:tokenbooth:token-type:api-key",
}).encode()
#: Single tokens of one key that are revoked, below the service's limit of a thousand.
KEY_LIMIT = 900


#: CPU of a refresh ÷ CPU of a plain token; transactions for each refresh; milliseconds.
MUST_REFRESH_CPU, MUST_COMMITS, MUST_P99 = 2.0, 1 / 8, 20


class Life:
    """Families and tokens of one site's keys, made before anything is measured."""

    def __init__(self, site, families=256, tokens=100_000):
        self.site = site
        self.server = site.server
        self.families = families
        self.tokens = tokens
        self.runs = {"refresh": [], "introspect": [], "revoke": []}
        self.minted = 0

    def form(self, path, basic, form):
        return http.post(path, form, b"application/x-www-form-urlencoded", b"Basic " + basic)

    def open_families(self):
        """A refresh token for each connection and some more, as lines of `refresh.lua`."""
        credentials = (self.site.credentials * (1 + self.families // len(self.site.credentials)))[:self.families]
        lines = []
        connection = http.Connection(self.server.public)
        for basic in credentials:
            subject = http.secret(basic)
            status, body = connection.ask(self.form(
                b"/oauth2/token", basic, EXCHANGE + b"&subject_token=" + subject))
            if status != 200:
                raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
            lines.append(basic + b" " + json.loads(body)["refresh_token"].encode())
        connection.close()
        return self.write("families", lines)

    def mint(self):
        """Different access tokens with the credential of one resource server, as lines of `form.lua`."""
        keys = self.site.credentials
        count = min(self.tokens, KEY_LIMIT * len(keys))
        caller = population.resource_server(self.server)
        requests = (http.token_request(keys[number % len(keys)]) for number in range(count))
        bodies = http.ask_all(self.server.public, requests, 200)
        self.minted = len(bodies)
        return self.write(
            "tokens", [caller + b" token=" + json.loads(body)["access_token"].encode() for body in bodies])

    def write(self, name, lines):
        path = self.server.directory / name
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    def measure(self, name, path, script, file, seconds):
        before = self.server.metric("tokenbooth_db_batch_size_count")
        run = load.wrk(self.server, path, script, file, seconds)
        run["commits_per_request"] = (
            self.server.metric("tokenbooth_db_batch_size_count") - before) / run["requests"]
        self.runs[name].append(run)

    def median(self, name, figure):
        return statistics.median(run[figure] for run in self.runs[name])


def report(site, report, rounds=3, seconds=5):
    """Plain tokens, refreshes and introspections by turns; revocations last, for each token can be revoked once."""
    life = Life(site)
    tokens = life.mint()
    plain = []
    for _ in range(rounds):
        plain.append(load.measure(site.server, site.file, seconds)[0])
        life.measure("refresh", "/oauth2/token", "refresh.lua", life.open_families(), seconds)
        life.measure("introspect", "/oauth2/introspect", "form.lua", tokens, seconds)
    life.measure("revoke", "/oauth2/revoke", "form.lua", tokens, 2)
    token = statistics.median(run["cpu_us"] for run in plain)
    report.figure("refreshes_per_second", "durable refreshes per second, 64 connections",
                  life.median("refresh", "per_second"), "/s", digits=0)
    report.figure("refresh_p99", "latency p99 of a refresh", life.median("refresh", "p99_ms"), "ms", MUST_P99, 2)
    report.figure("refresh_cpu_ratio", "CPU per durable refresh ÷ plain token",
                  life.median("refresh", "cpu_us") / token, must=MUST_REFRESH_CPU, digits=2)
    report.figure("refresh_commits", "transactions per refresh", life.median("refresh", "commits_per_request"),
                  must=MUST_COMMITS, digits=3)
    report.figure("introspections_per_second", f"introspections per second, {life.minted} tokens",
                  life.median("introspect", "per_second"), "/s", digits=0)
    report.figure("introspection_cpu", "server CPU per introspection", life.median("introspect", "cpu_us"), "µs")
    report.figure("revocations_per_second", "durable revocations per second",
                  life.median("revoke", "per_second"), "/s", digits=0)
    report.figure("revocation_p99", "latency p99 of a revocation", life.median("revoke", "p99_ms"), "ms", MUST_P99, 2)
    report.runs("plain", plain)
    for name, runs in life.runs.items():
        report.runs(name, runs)
