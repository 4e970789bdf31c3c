#!/usr/bin/env python3
"""Signing keys rotated every few seconds under load, and verifiers that must never notice.

usage: rotation.py BINARY [--minutes 1] [--every 4] [--clients 4] [--junit FILE]

Three kinds of verifiers check every token: PyJWT's PyJWKClient; one that keeps a key set for exactly its max-age and
never asks sooner, whatever kid it meets; and one that checks a sample of tokens again just before they expire. Each
failure is counted and shown, and so is every key that signed sooner than the max-age after it was published. Half of
the tokens are for an audience whose algorithm is not the default one, so that two families of keys rotate at a time.

Needs PyJWT[crypto] and requests. Exits 1 when anything failed.
"""

import argparse
import collections
import json
import os
import pathlib
import queue
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import jwt
import requests

from report import Report

MAX_AGE, MARGIN, LIFETIME = 2, 1, 30
# The algorithm of the tokens for each audience.
AUDIENCES = {"https://api.example": "ES256", "https://eddsa.example": "EdDSA"}


class Server:
    """`tokenbooth serve` with keys that age quickly."""

    def __init__(self, binary, folder):
        self.folder = pathlib.Path(folder)
        self.configure("info")
        self.process = subprocess.Popen(
            [
                binary, "serve", "--dev", "--data-dir", str(self.folder / "data"), "--keys-dir",
                str(self.folder / "keys"), "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                "--log-format", "json", "--config", str(self.folder / "config.yaml"),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "wb"),
        )

    def configure(self, log_level):
        text = (
            f"jwks_max_age: {MAX_AGE}\nsigning_key_margin: {MARGIN}\nalgorithms: [ES256, EdDSA]\n"
            f"access_token_ttl: {{default: {LIFETIME}, max: {LIFETIME}}}\nlog_level: {log_level}\n"
        )
        (self.folder / "config.yaml").write_text(text)

    def wait(self):
        """Returns when it serves; it logs less from then on, for every request would be a line."""
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            for line in (self.folder / "log").read_text().splitlines():
                if '"message":"ready"' in line:
                    event = json.loads(line)
                    self.public, self.admin = f"http://{event['public']}", f"http://{event['admin']}"
                    self.root = (self.folder / "keys" / "root.key").read_text().strip()
                    self.configure("notice")
                    self.process.send_signal(signal.SIGHUP)
                    return
            time.sleep(0.1)
        raise RuntimeError("the server did not start:\n" + (self.folder / "log").read_text())

    def administer(self, method, path, body=None):
        return requests.request(
            method, f"{self.admin}/admin/v1/{path}", json=body, timeout=10,
            headers={"Authorization": f"Bearer {self.root}"},
        )

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


class StrictVerifier:
    """Holds a key set for its max-age, from the moment it came, and not a moment less."""

    def __init__(self, url):
        self.url = url
        self.lock = threading.Lock()
        self.keys, self.until, self.fetches = {}, 0.0, 0

    def key(self, kid):
        with self.lock:
            if time.monotonic() >= self.until:
                answer = requests.get(self.url, timeout=10)
                age = int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"]).group(1))
                self.keys = {key["kid"]: jwt.PyJWK(key) for key in answer.json()["keys"]}
                self.until = time.monotonic() + age
                self.fetches += 1
            return self.keys.get(kid)

    def verify(self, token):
        kid = jwt.get_unverified_header(token)["kid"]
        if (key := self.key(kid)) is None:
            raise jwt.PyJWTError(f"unknown kid {kid}")
        return decode(token, key)


class LibraryVerifier:
    """PyJWT's own client, which fetches again for a kid that it does not know."""

    def __init__(self, url):
        self.client = jwt.PyJWKClient(url, cache_keys=False, lifespan=MAX_AGE)

    def verify(self, token):
        return decode(token, self.client.get_signing_key_from_jwt(token))


def decode(token, key):
    """The audience; the algorithm is what the published key says, whatever the token's header does."""
    claims = jwt.decode(token, key.key, algorithms=[key.algorithm_name], audience=list(AUDIENCES),
                        options={"require": ["exp", "aud"]})
    return claims["aud"]


class Run:
    def __init__(self, server, clients):
        self.server = server
        self.end = threading.Event()
        self.failures = queue.Queue()
        self.tokens = 0
        # Those that every verifier took at once, by algorithm.
        self.verified = collections.Counter()
        self.kids = collections.Counter()
        self.first_published, self.first_used = {}, {}
        self.lock = threading.Lock()
        self.old = collections.deque()
        url = f"{server.public}/oauth2/jwks"
        self.strict = [StrictVerifier(url) for _ in range(clients)]
        self.library = LibraryVerifier(url)
        self.late = StrictVerifier(url)

    def fail(self, words):
        self.failures.put(words)

    def client(self, number, key):
        session = requests.Session()
        strict, choice = self.strict[number], random.Random(number)
        while not self.end.is_set():
            audience = choice.choice(list(AUDIENCES))
            answer = session.post(
                f"{self.server.public}/oauth2/token", auth=("", key), timeout=10,
                data={"grant_type": "client_credentials", "audience": audience},
            )
            if answer.status_code != 200:
                self.fail(f"no token: {answer.status_code} {answer.text}")
                continue
            token, now = answer.json()["access_token"], time.monotonic()
            header = jwt.get_unverified_header(token)
            kid = header["kid"]
            with self.lock:
                self.tokens += 1
                self.kids[kid] += 1
                self.first_used.setdefault(kid, now)
                if self.kids[kid] % 200 == 1:
                    self.old.append((now + LIFETIME - 2, token))
            if header["alg"] != AUDIENCES[audience]:
                self.fail(f"a token for {audience} is signed with {header['alg']}")
            # Each is asked, whatever the other one said.
            elif all([self.accepts(verifier, token, audience) for verifier in (strict, self.library)]):
                with self.lock:
                    self.verified[header["alg"]] += 1

    def accepts(self, verifier, token, audience):
        try:
            found = verifier.verify(token)
        except (jwt.PyJWTError, requests.RequestException) as error:
            self.fail(f"{type(verifier).__name__}: {error}")
            return False
        if found != audience:
            self.fail(f"a token for {audience} came with the audience {found}")
        return found == audience

    def watch(self):
        """Notes when each key is first published."""
        while not self.end.is_set():
            keys = requests.get(f"{self.server.public}/oauth2/jwks", timeout=10).json()["keys"]
            now = time.monotonic()
            for key in keys:
                self.first_published.setdefault(key["kid"], now)
            time.sleep(0.05)

    def look_back(self):
        """Checks tokens again shortly before they expire."""
        while not self.end.wait(0.1):
            while self.old and self.old[0][0] <= time.monotonic():
                _, token = self.old.popleft()
                try:
                    self.late.verify(token)
                except (jwt.PyJWTError, requests.RequestException) as error:
                    self.fail(f"an old token: {error}")

    def sooner(self):
        """Keys that signed sooner than the max-age after they were published, but for the very first ones."""
        start = min(self.first_published.values(), default=0)
        for kid, used in self.first_used.items():
            published = self.first_published.get(kid)
            # Watched every 50 ms, and seen a little late under load.
            if published is None or (published > start + 0.5 and used - published < MAX_AGE - 0.25):
                yield f"{kid} signed {used - (published or used):.2f} s after it was published"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--every", type=float, default=4, help="seconds between rotations")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--junit", type=pathlib.Path)
    options = parser.parse_args()

    # threats: KEY-03
    def test_no_verification_fails_while_keys_rotate():
        with tempfile.TemporaryDirectory(prefix="tokenbooth-rotation-") as folder:
            server = Server(os.path.abspath(options.binary), folder)
            try:
                server.wait()
                return torture(server, options)
            finally:
                if server.process.poll() is None:
                    server.stop()

    report = Report("rotation", options.junit)
    report.run(test_no_verification_fails_while_keys_rotate)
    return report.finish()


def register(server):
    """The audience of the other algorithm; its first key may be published too short a time to sign (409)."""
    name, algorithm = next(pair for pair in AUDIENCES.items() if pair[1] != "ES256")
    end = time.monotonic() + 10 * (MAX_AGE + MARGIN)
    while True:
        made = server.administer("POST", "audiences", {"name": name, "alg": algorithm})
        if made.status_code != 409 or time.monotonic() > end:
            break
        time.sleep(0.2)
    assert made.status_code == 201, made.text


def torture(server, options):
    register(server)
    made = server.administer("POST", "keys", {"name": "load", "audiences": list(AUDIENCES)})
    assert made.status_code == 201, made.text
    run = Run(server, options.clients)
    threads = [threading.Thread(target=run.client, args=(n, made.json()["key"])) for n in range(options.clients)]
    threads += [threading.Thread(target=run.watch), threading.Thread(target=run.look_back)]
    for thread in threads:
        thread.start()
    rotations = collections.Counter()
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end and run.failures.qsize() < 100:
        time.sleep(min(options.every, max(0.0, end - time.monotonic())))
        answer = server.administer("POST", "signing-keys/rotate", {})
        rotations[answer.status_code] += 1
        if answer.status_code not in (200, 409):
            run.fail(f"rotate: {answer.status_code} {answer.text}")
    run.end.set()
    for thread in threads:
        thread.join()
    stages = collections.Counter(
        key["stage"] for key in server.administer("GET", "signing-keys?limit=200&include_removed=true").json()["items"]
    )
    failures = list(run.failures.queue) + list(run.sooner())
    if (status := server.stop()) != 0:
        failures.append(f"the server ended with {status}")
    print(json.dumps({
        "minutes": options.minutes, "tokens": run.tokens, "verified": run.verified, "signers": len(run.kids), "rotations": rotations[200],
        "refused_early": rotations[409], "key_set_fetches": sum(v.fetches for v in run.strict), "stages": stages,
        "failures": len(failures),
    }))
    if rotations[200] < 2:
        failures.append("fewer than two rotations: nothing was tried")
    failures += [f"no {name} token was verified" for name in AUDIENCES.values() if not run.verified[name]]
    return failures


if __name__ == "__main__":
    sys.exit(main())
