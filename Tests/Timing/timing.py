#!/usr/bin/env python3
"""Measures whether the time of a refusal tells what was wrong with the credential.

usage: timing.py BINARY [--probe TOKENPATHPROBE] [--short] [--rounds N] [--inside N] [--junitxml FILE]

What is answered with the same bytes must take the same time, in each of these groups:

    key          an API key that is unknown, against one that is disabled, expired, revoked or used from elsewhere
    user         a user name and a key that do not belong together: an unknown name, against that of a key
    introspect   somebody else's access token: a live one, against one that is revoked, ended with its refresh token, or
                 of a disabled key, and against the like of one's own
    revoke       the revocation of an access token that is revoked already, against that of one whose grant has ended
    refresh      the introspection of somebody else's refresh token: a live one, against one that is revoked, one with
                 the tag of another, and the like of one's own

What everybody can see of a token, its signature and the time when it expires, is no secret: tokens that nobody issued
and such as have expired are in the groups too, and may differ by a little more (PUBLIC).

All are asked for over one kept connection, in an order shuffled anew every round, so that whatever drifts drifts for
all alike: API keys and user names 100 000 times each, tokens, most of which cost the verification of a signature, 5000
times. API keys and user names are then measured without network, too: TokenPathProbe, which is looked for beside the
binary, times each a million times from the bytes of a form to those of the refusal. verdict.py has the rule by which
all of them are judged.

--short has 20 000 rounds of either, and does not wait for a token to expire.

Exits 1 when a pair fails.
"""

import argparse
import array
import base64
import datetime
import gc
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
import zlib

from verdict import judge

ROUNDS, SHORT_ROUNDS = 100_000, 20_000
TOKEN_ROUNDS = 5_000
INSIDE = 1_000_000
# What compares an unknown identifier with a known one, both with a secret that nobody has.
STRICT = ("known user",)
# Where a signature is verified, all is twice as long.
MOST_TOKEN_NANOSECONDS = 2_000
# Of these, by group: a family that is not on record costs no reading of its row, about 5 us.
PUBLIC = {group: ("unknown", "expired") for group in ("introspect", "revoke", "refresh")}
MOST_PUBLIC_NANOSECONDS = 20_000
LIFETIME = 30
API = "https://api.example"
API_KEY_TYPE = "urn:tokenbooth:token-type:api-key"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
# Refused, inactive, or revoked.
ALIKE = re.compile(
    rb'HTTP/1\.1 (401 .*\r\n\r\n{.*}|200 .*\r\n\r\n{"active":false}|200 .*\r\ncontent-length: 0\r\n(.*\r\n)?\r\n)\Z',
    re.DOTALL | re.IGNORECASE,
)
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Server:
    """A running `tokenbooth serve` with keys of every kind."""

    def __init__(self, binary, folder):
        self.log = pathlib.Path(folder) / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    binary, "serve", "--data-dir", f"{folder}/data", "--keys-dir", f"{folder}/keys",
                    "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
                ],
                # One address fails thousands of times here.
                env={**os.environ, "TOKENBOOTH_RATE_LIMITS_FAILED_AUTHENTICATIONS": "none"},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )
        ready = self._ready()
        self.public, self.admin = (int(ready[name].rpartition(":")[2]) for name in ("public", "admin"))
        self.root_key = pathlib.Path(folder, "keys", "root.key").read_text(encoding="ascii").strip()

    def _ready(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True):
                if line.endswith("\n") and (event := json.loads(line)).get("message") == "ready":
                    return event
            time.sleep(0.02)
        sys.exit(f"timing: the server did not start:\n{self.log.read_text(encoding='utf-8')}")

    def administer(self, method, path, **members):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        headers = {"Authorization": f"Bearer {self.root_key}", "Content-Type": "application/json"}
        connection.request(method, f"/admin/v1/{path}", json.dumps(members) if members else None, headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status >= 300:
            sys.exit(f"timing: {method} {path}: {answer.status} {body}")
        return json.loads(body) if body else None

    def key(self, **members):
        return self.administer("POST", "keys", name="timing", **members)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def unknown_key():
    """A well-formed API key that nobody has made."""
    body = "tbk_" + "".join(random.choices(BASE62, k=30))
    check, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        digits = BASE62[digit] + digits
    return body + digits


def request(user, key, path="token", body="grant_type=client_credentials"):
    """The bytes of one request to an endpoint, as long as any other with such a user and body."""
    credential = base64.b64encode(f"{user}:{key}".encode()).decode()
    return (
        f"POST /oauth2/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credential}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def credentials(server):
    """Groups of refused credentials: requests, the first of which the others are compared with."""
    disabled, revoked, other = server.key(), server.key(), server.key()
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    expired = server.key(expires_at=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    elsewhere = server.key(allowed_ips=["192.0.2.1"])
    server.administer("POST", f"keys/{disabled['id']}/disable")
    server.administer("DELETE", f"keys/{revoked['id']}")
    time.sleep(3)
    stranger = unknown_key()
    # An identifier of the same form that does not exist.
    nobody = other["id"][:-8] + "".join(random.choices("0123456789abcdefghjkmnpqrstvwxyz", k=8))
    return {
        "key": {
            "unknown": request("", unknown_key()),
            "disabled": request("", disabled["key"]),
            "expired": request("", expired["key"]),
            "revoked": request("", revoked["key"]),
            "elsewhere": request("", elsewhere["key"]),
        },
        "user": {"unknown user": request(nobody, stranger), "known user": request(other["id"], stranger)},
    }


class Tokens:
    """Tokens of every kind that is not alive for one client; those that expire are made first."""

    def __init__(self, server, is_short):
        self.server, self.is_short = server, is_short
        members = {
            "access_token_ttl": LIFETIME, "audiences": [API],
            "grant_types": ["client_credentials", EXCHANGE, "refresh_token"],
        }
        self.keys = {name: server.key(**members) for name in ("reader", "stranger", "disabled")}
        self.expired = self._get("reader", grant_type="client_credentials")["access_token"]
        self.end = time.monotonic() + LIFETIME + 1

    def _get(self, name, path="token", **parameters):
        """Of a kept connection, as any other answer here."""
        with socket.create_connection(("127.0.0.1", self.server.public), timeout=10) as connection:
            body = urllib.parse.urlencode(parameters)
            _, answer = ask(connection, request("", self.keys[name]["key"], path, body))
        head, _, content = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            sys.exit(f"timing: {path} was answered {answer!r}")
        return json.loads(content) if content else None

    def _pair(self, name):
        secret = self.keys[name]["key"]
        return self._get(name, grant_type=EXCHANGE, subject_token=secret, subject_token_type=API_KEY_TYPE)

    def _presented(self, path, tokens):
        key = self.keys["reader"]["key"]
        return {name: request("", key, path, "token=" + urllib.parse.quote(token)) for name, token in tokens.items()}

    def groups(self):
        """Requests as of `credentials`."""
        own, ended = self._pair("reader"), self._pair("reader")
        theirs, over, live = self._pair("stranger"), self._pair("stranger"), self._pair("stranger")
        disabled = self._pair("disabled")
        for name, token in (
            ("reader", own["access_token"]), ("reader", ended["refresh_token"]),
            ("stranger", theirs["access_token"]), ("stranger", over["refresh_token"]),
        ):
            self._get(name, "revoke", token=token)
        self.server.administer("POST", f"keys/{self.keys['disabled']['id']}/disable")
        # The signature is of another token.
        unknown = ".".join(live["access_token"].split(".")[:2] + disabled["access_token"].split(".")[2:])
        access = {"unknown": unknown}
        if not self.is_short:
            time.sleep(max(0, self.end - time.monotonic()))
            access["expired"] = self.expired
        return {
            "introspect": self._presented("introspect", {
                "live": live["access_token"], "revoked": theirs["access_token"], "ended": over["access_token"],
                "disabled": disabled["access_token"], "own revoked": own["access_token"],
                "own ended": ended["access_token"],
            } | access),
            "revoke": self._presented("revoke", {
                "revoked": own["access_token"], "ended": ended["access_token"],
            } | access),
            "refresh": self._presented("introspect", {
                "live": live["refresh_token"], "revoked": over["refresh_token"],
                "forged": spliced(live["refresh_token"], ended["refresh_token"], 20),
                "own ended": ended["refresh_token"],
                "unknown": spliced(live["refresh_token"], ended["refresh_token"], 8),
            }),
        }


def spliced(token, other, place):
    """A refresh token that nobody issued: the beginning of one, and what another has behind so many bytes."""
    first, second = (base64.urlsafe_b64decode(text.removeprefix("tbr_")) for text in (token, other))
    return "tbr_" + base64.urlsafe_b64encode(first[:place] + second[place:]).decode()


def ask(connection, message):
    """One request; gives its nanoseconds, and its answer, which comes in one piece."""
    start = time.perf_counter_ns()
    connection.sendall(message)
    answer = connection.recv(65_536)
    return time.perf_counter_ns() - start, answer


def measure(port, messages, rounds):
    """Nanoseconds of each kind."""
    samples = {name: [0] * rounds for name in messages}
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for name, message in list(messages.items()) * 200:
            _, answer = ask(connection, message)
            if not ALIKE.match(answer):
                sys.exit(f"timing: {name} was answered {answer!r}")
        order = list(messages)
        gc.disable()
        for number in range(rounds):
            random.shuffle(order)
            for name in order:
                samples[name][number], _ = ask(connection, messages[name])
        gc.enable()
    return samples


def judge_groups(server, groups, rounds):
    for group, messages in groups.items():
        most = {}
        if group in PUBLIC:
            most = dict.fromkeys(messages, MOST_TOKEN_NANOSECONDS) | dict.fromkeys(PUBLIC[group], MOST_PUBLIC_NANOSECONDS)

        def measured(kinds):
            return measure(server.public, {name: messages[name] for name in kinds or messages}, rounds)

        judge(group, measured, most, STRICT)


def inside(probe, mode, rounds):
    """Nanoseconds of each kind that the probe has in this mode."""
    text = subprocess.run([probe, mode, str(rounds)], check=True, stdout=subprocess.PIPE, text=True).stdout
    samples = {}
    for line in text.splitlines():
        name, _, times = line.partition(": ")
        samples[name] = array.array("q", map(int, times.split()))
    return samples


# threats: TIM-01
def test_a_refusal_tells_nothing_by_its_time(server, tokens, options):
    judge_groups(server, credentials(server), options.rounds)


# threats: TIM-03, INT-06
def test_a_token_that_is_not_alive_tells_nothing_by_its_time(server, tokens, options):
    judge_groups(server, tokens.groups(), min(options.rounds, TOKEN_ROUNDS))


# threats: TIM-01
def test_a_refusal_tells_nothing_by_its_time_without_network(server, tokens, options):
    for group in ("key", "user"):
        def measured(kinds):
            samples = inside(options.probe, f"--refused-{group}s", options.inside)
            return {name: samples[name] for name in kinds or samples}

        judge(f"{group}, without network", measured, {}, STRICT)


TESTS = (
    test_a_refusal_tells_nothing_by_its_time, test_a_token_that_is_not_alive_tells_nothing_by_its_time,
    test_a_refusal_tells_nothing_by_its_time_without_network,
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--probe", help="TokenPathProbe of the same build; default: beside the binary")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int, help="requests of each API key and user name")
    parser.add_argument("--inside", type=int, help="the same without network")
    parser.add_argument("--junitxml", help="file for the result")
    options = parser.parse_args()
    options.probe = os.path.abspath(options.probe or pathlib.Path(options.binary).with_name("TokenPathProbe"))
    if not os.access(options.probe, os.X_OK):
        sys.exit(f"timing: {options.probe} is missing: build the product TokenPathProbe for release, or name it with --probe")
    options.rounds = options.rounds or (SHORT_ROUNDS if options.short else ROUNDS)
    options.inside = options.inside or (SHORT_ROUNDS if options.short else INSIDE)
    suite = ElementTree.Element("testsuite", name="timing")
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(os.path.abspath(options.binary), folder)
        processors = sorted(os.sched_getaffinity(0))
        if len(processors) > 1:
            # Client and server wait for each other, and are quickest when neither has to be woken up elsewhere.
            os.sched_setaffinity(0, processors[:1])
            for thread in os.listdir(f"/proc/{server.process.pid}/task"):
                os.sched_setaffinity(int(thread), processors[1:])
        try:
            tokens = Tokens(server, options.short)
            for test in TESTS:
                case = ElementTree.SubElement(suite, "testcase", classname="Tests.Timing.timing", name=test.__name__)
                try:
                    test(server, tokens, options)
                except AssertionError as error:
                    failures.append(str(error))
                    ElementTree.SubElement(case, "failure", message=str(error))
        finally:
            server.stop()
    if options.junitxml:
        ElementTree.ElementTree(suite).write(options.junitxml, encoding="utf-8", xml_declaration=True)
    print(f"timing: {'; '.join(failures) or 'nothing found'}", file=sys.stderr if failures else sys.stdout)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
