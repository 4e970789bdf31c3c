#!/usr/bin/env python3
"""Ten million access tokens that are revoked: what they cost at the start, in memory, per revocation and per look-up.

usage: denials.py BINARY [--denied 10000000] [--lookups 1000000] [--seed S] [--junit FILE]

Most of them are written into the database of a server that is not running, among them some that it has issued; then it
starts. While it still reads them it is asked about live and revoked tokens already, and publishes no list. The last
twenty thousand are revoked through it, until there are as many as it takes, and the next one must be refused. Then it
is asked about live and revoked tokens by turns, and must be right about every one. In the end the published list is
followed through all of its parts: it must have what the database has, each token once.

The limits, with ten million: ready within 10 s (and told: when all are in memory, for before that the database is
asked), no more than 512 MiB of resident memory, also when the list is followed through all of its parts, p99 of a revocation at most 20 ms, with 8 under way at a time, and of an introspection 1 ms,
with 4 under way. These two are the server's own times, `duration_us` of its access log: from the first byte of a
request that it has read until the answer is handed over. What a client sees is longer by whatever the machine does in
between, and here both share two cores.

Takes some three minutes and 2 GB of disk. Exits 1 when a limit is passed or an answer is wrong.
"""

import argparse
import collections
import os
import pathlib
import random
import re
import sys
import tempfile
import time

from booth import Booth, form
from listed import Listed
from population import KEYS, LIFETIME, answers, fill, identifier, issue, make_keys
from report import Report

SETTINGS = {"access_token_ttl": {"default": LIFETIME, "max": LIFETIME}}
# Tokens of each key. A key may have a thousand revoked.
LIVE, STORED, REVOKED = 100, 100, 500
REVOKING, ASKING = 8, 4

# What the service takes.
MOST = 10_000_000
MOST_SECONDS_TO_READY = 10
MOST_MEBIBYTES = 512
MOST_REVOCATION_MICROSECONDS = 20_000
MOST_LOOKUP_MICROSECONDS = 1_000
REQUEST = re.compile(rb'"operation":"(revokeToken|introspectToken)","status":([0-9]+),"duration_us":([0-9]+)')


def ask_while_loading(booth, inspector, live, denied, count, rng):
    """How often it was asked before all were in memory, and whatever was wrong then.

    Tokens that it has not read yet are looked up in the database; a list that lacks some must not go out.
    """
    asked, faults = 0, []
    while True:
        found = look_up(booth, inspector, live, denied, 2 * ASKING, rng)
        listed = booth.get("/oauth2/revocations")
        # Only what was answered before this counts.
        if booth.metrics()["tokenbooth_denied_tokens"] >= count:
            return asked, faults + found
        faults += found
        if listed.status != 503:
            faults.append(f"half a list of revoked tokens was answered {listed}")
        asked += 2 * ASKING
        time.sleep(0.05)


def wait_until_loaded(booth, count):
    end = time.monotonic() + 300
    while (loaded := booth.metrics()["tokenbooth_denied_tokens"]) < count:
        assert time.monotonic() < end, f"after five minutes {loaded} of {count} tokens are in memory"
        time.sleep(0.1)


def revoke(booth, tokens):
    """Whatever went wrong when these tokens were revoked."""
    requests = (form("/oauth2/revoke", key, token=token) for key, token in tokens)
    return [f"a revocation was answered {answer}" for answer in answers(booth, requests, REVOKING) if answer.status != 200]


def look_up(booth, inspector, live, denied, count, rng):
    """Whatever the server says wrongly of tokens of both kinds, half and half."""
    choice = [(kind, form("/oauth2/introspect", inspector, token=token))
              for kind, tokens in ((True, live), (False, denied)) for _, token in tokens]
    weights = [1 / len(live if is_live else denied) for is_live, _ in choice]
    asked = rng.choices(choice, weights, k=count)
    wrong = collections.Counter()
    for (is_live, _), answer in zip(asked, answers(booth, (request for _, request in asked), ASKING)):
        is_active = answer.body.startswith(b'{"active":true,')
        if answer.status != 200 or is_active != is_live or not (is_active or answer.body == b'{"active":false}'):
            wrong[f"a {'live' if is_live else 'revoked'} token was answered {answer}"] += 1
    return [f"{text}, {number} times" for text, number in wrong.items()]


def peak_mebibytes(booth):
    status = pathlib.Path(f"/proc/{booth.process.pid}/status").read_text()
    return int(re.search(r"^VmHWM:\s+([0-9]+) kB$", status, re.MULTILINE)[1]) / 1024


def durations(booth):
    """Microseconds of all that was answered with 200, in order, by operation."""
    found = collections.defaultdict(list)
    with (booth.folder / "log").open("rb") as log:
        for line in log:
            if (match := REQUEST.search(line)) and match[2] == b"200":
                found[match[1].decode()].append(int(match[3]))
    return {operation: sorted(times) for operation, times in found.items()}


class Limits:
    """What was measured, printed as it comes, and what of it is too much."""

    def __init__(self):
        self.faults = []

    def hold(self, what, value, most, unit):
        print(f"denials: {what}: {value:,.2f} {unit}, at most {most:,}", flush=True)
        if value > most:
            self.faults.append(f"{what}: {value:.2f} {unit}, more than {most}")

    def hold_p99(self, what, times, count, most):
        # The log lets lines go rather than make an answer wait.
        if len(times) < count * 0.99:
            self.faults.append(f"the access log has {len(times)} of {count} {what}s")
        else:
            self.hold(f"p99 of {len(times)} {what}s", times[len(times) * 99 // 100] / 1000, most / 1000, "ms")


def torture(folder, options):
    rng, limits = random.Random(options.seed), Limits()
    booth = Booth(os.path.abspath(options.binary), folder, SETTINGS).start()
    try:
        keys, inspector = make_keys(booth)
        live, stored = issue(booth, keys, LIVE), issue(booth, keys, STORED)
        booth.stop()
        count = options.denied - KEYS * REVOKED
        fill(booth.folder / "data" / "tokenbooth.db", count, stored)

        begin = time.monotonic()
        booth.start()
        limits.hold(f"ready with {count} revoked tokens", time.monotonic() - begin, MOST_SECONDS_TO_READY, "s")
        early, faults = ask_while_loading(booth, inspector, live, stored, count, rng)
        limits.faults += faults
        wait_until_loaded(booth, count)
        print(f"denials: all in memory {time.monotonic() - begin:.1f} s after the start", flush=True)
        print(f"denials: {early} look-ups before that" + ("" if early else ": they were read too soon"), flush=True)
        if early == 0 and options.denied == MOST:
            limits.faults.append("nothing was asked while they were read")

        live += issue(booth, keys, LIVE)
        revoked = issue(booth, keys, REVOKED)
        limits.faults += revoke(booth, revoked)
        if options.denied == MOST:
            (answer,) = answers(booth, [form("/oauth2/revoke", keys[0], token=live[0][1])], 1)
            if answer.status != 503:
                limits.faults.append(f"one revocation too many was answered {answer}")
        held = booth.metrics()["tokenbooth_denied_tokens"]
        if held != options.denied:
            limits.faults.append(f"{held} revoked tokens are in memory, not {options.denied}")
        begin = time.monotonic()
        limits.faults += look_up(booth, inspector, live, stored + revoked, options.lookups, rng)
        print(f"denials: {options.lookups} look-ups in {time.monotonic() - begin:.0f} s", flush=True)

        limits.hold("peak of resident memory", peak_mebibytes(booth), MOST_MEBIBYTES, "MiB")

        begin = time.monotonic()
        listed = Listed(booth, (identifier(token) for _, token in stored + revoked))
        limits.faults += listed.faults
        took = time.monotonic() - begin
        print(f"denials: {listed.count} tokens in {listed.parts} parts listed in {took:.0f} s", flush=True)
        limits.hold("peak of resident memory with the list", peak_mebibytes(booth), MOST_MEBIBYTES, "MiB")
        if (status := booth.stop()) != 0:
            limits.faults.append(booth.last_words())
        limits.faults += listed.differences(booth.folder / "data" / "tokenbooth.db")
        times = durations(booth)
        limits.hold_p99("revocation", times.get("revokeToken", []), len(revoked), MOST_REVOCATION_MICROSECONDS)
        limits.hold_p99("look-up", times.get("introspectToken", []), options.lookups, MOST_LOOKUP_MICROSECONDS)
    finally:
        booth.kill()
    return limits.faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--denied", type=int, default=MOST, help="revoked tokens in the end")
    parser.add_argument("--lookups", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()
    print(f"denials: seed {options.seed}", flush=True)

    # threats: REV-14
    def test_ten_million_revoked_tokens_stay_cheap():
        with tempfile.TemporaryDirectory(prefix="tokenbooth-denials-") as folder:
            return torture(folder, options)

    report = Report("denials", options.junit)
    report.run(test_ten_million_revoked_tokens_stay_cheap)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
