#!/usr/bin/env python3
"""How fast keys are imported, exported and looked up: a server of its own, 100 000 keys, from the command line.

usage: import.py BINARY [KEYS]

Prints keys a second of an import, of its repeat (nothing changes) and of an export, and the time of look-ups by
secret. The rows have four audiences and scopes among them, a tenth has an address list, a tenth an expiry.
"""

import hashlib
import json
import os
import pathlib
import re
import secrets
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def api_key():
    body = "tbk_" + "".join(secrets.choice(DIGITS) for _ in range(30))
    check, text = zlib.crc32(body.encode()), ""
    for _ in range(6):
        check, digit = divmod(check, 62)
        text = DIGITS[digit] + text
    return body + text


def ulid(number):
    value, text = (int(time.time() * 1000) - 86_400_000 << 80) + number, ""
    for _ in range(26):
        value, digit = divmod(value, 32)
        text = CROCKFORD[digit] + text
    return text


def row(number, key):
    return json.dumps({
        "id": "key_" + ulid(number), "name": f"client {number}", "description": "",
        "subject": f"service-{number}", "scopes": [f"bench:{number % 4}"],
        "audiences": [f"https://api-{number % 4}.example"],
        "grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"],
        "claims": {}, "admin_role": None, "may_exchange": [],
        "allowed_ips": ["10.0.0.0/8", "2001:db8::/32"] if number % 10 == 0 else None, "access_token_ttl": None,
        "expires_at": "2999-01-01T00:00:00Z" if number % 10 == 1 else None, "project_name": "default",
        "hint": f"{key[:8]}…{key[-4:]}", "digest": hashlib.sha256(key.encode()).hexdigest(),
        "disabled": False, "revoked_at": None, "created_at": "2026-01-01T00:00:00Z", "rotation": None,
    }, separators=(",", ":"), ensure_ascii=False)


def timed(name, count, command, environment):
    start = time.monotonic()
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.monotonic() - start
    if result.returncode:
        sys.exit(f"{name}: {result.stdout[-2000:]}{result.stderr[-2000:]}")
    print(f"{name}: {count / seconds:,.0f} keys a second ({seconds:.2f} s)")


def main(binary, count):
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        log = open(place / "log", "w")
        server = subprocess.Popen(
            [binary, "serve", "--data-dir", place / "data", "--keys-dir", place / "keys", "--listen", "127.0.0.1:0",
             "--admin-listen", "127.0.0.1:0", "--log-format", "json"], stdout=log, stderr=log)
        try:
            while not (ready := re.search(r'.*"message":"ready".*', (place / "log").read_text())):
                time.sleep(0.05)
                if server.poll() is not None:
                    sys.exit((place / "log").read_text())
            admin = "http://" + json.loads(ready[0])["admin"]
            keys = [api_key() for _ in range(count)]
            (place / "rows").write_text("\n".join(row(number, key) for number, key in enumerate(keys)) + "\n")
            environment = os.environ | {"TOKENBOOTH_URL": admin, "TOKENBOOTH_KEY_FILE": str(place / "keys/root.key")}
            timed("import", count, [binary, "keys", "import", place / "rows", "--create-scopes"], environment)
            timed("repeat", count, [binary, "keys", "import", place / "rows"], environment)
            timed("export", count, [binary, "keys", "export", "--file", place / "out"], environment)
            root, times = (place / "keys/root.key").read_text().strip(), []
            for key in secrets.SystemRandom().sample(keys, min(200, count)):
                request = urllib.request.Request(
                    admin + "/admin/v1/keys/lookup", json.dumps({"key": key}).encode(),
                    {"Authorization": "Bearer " + root, "Content-Type": "application/json"})
                start = time.monotonic()
                urllib.request.urlopen(request, timeout=10).read()
                times.append(time.monotonic() - start)
            times.sort()
            print(f"lookup: median {times[len(times) // 2] * 1000:.1f} ms, longest {times[-1] * 1000:.1f} ms")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
