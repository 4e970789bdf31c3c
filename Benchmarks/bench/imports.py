"""How fast keys are imported and exported by the command line, and how long a look-up by secret takes then."""

import hashlib
import json
import os
import random
import statistics
import subprocess
import time

from . import copies, http, population
from .server import Server


def rows(keys):
    """Four audiences and scopes among them; a tenth has an address list, a tenth an expiry."""
    # A day old, so that the server's own come after them.
    first = (int(time.time() * 1000) - 86_400_000).to_bytes(6, "big")
    for number, key in enumerate(keys):
        yield json.dumps({
            "id": "key_" + copies.ulid_text(first + number.to_bytes(10, "big")), "name": f"client {number}",
            "description": "", "subject": f"service-{number}", "scopes": [f"bench:{number % 4}"],
            "audiences": [f"https://api-{number % 4}.example"], "grant_types": population.PLAIN,
            "claims": {}, "admin_role": None, "may_exchange": [],
            "allowed_ips": ["10.0.0.0/8", "2001:db8::/32"] if number % 10 == 0 else None, "access_token_ttl": None,
            "expires_at": "2999-01-01T00:00:00Z" if number % 10 == 1 else None, "project_name": "default",
            "hint": f"{key[:8]}…{key[-4:]}", "digest": hashlib.sha256(key.encode()).hexdigest(),
            "disabled": False, "revoked_at": None, "created_at": "2026-01-01T00:00:00Z", "rotation": None,
        }, separators=(",", ":"), ensure_ascii=False)


def measure(tools, number):
    """Keys a second of an import, of its repeat, which changes nothing, and of an export; ms of look-ups."""
    server = Server(tools.binary, tools.directory / f"import-{number}")
    tools.running.append(server)
    server.start()
    keys = [copies.secret() for _ in range(tools.scale.imported)]
    file, out = server.directory / "rows", server.directory / "out"
    file.write_text("\n".join(rows(keys)) + "\n")
    run = {
        "import": per_second(server, len(keys), ["import", file, "--create-scopes"]),
        "repeat": per_second(server, len(keys), ["import", file]),
        "export": per_second(server, len(keys), ["export", "--file", out]),
        "lookup_ms": statistics.median(lookups(server, random.sample(keys, 200))),
    }
    with open(out, "rb") as exported:
        if (count := sum(1 for _ in exported)) != len(keys):
            raise SystemExit(f"{len(keys)} keys were imported, {count} exported")
    server.stop()
    return run


def per_second(server, count, command):
    host, port = server.admin[:2]
    environment = os.environ | {
        "TOKENBOOTH_URL": f"http://{host}:{port}", "TOKENBOOTH_KEY_FILE": str(server.directory / "keys" / "root.key")}
    begin = time.monotonic()
    outcome = subprocess.run(
        [server.binary, "keys", *command], env=environment, capture_output=True, text=True, timeout=300)
    seconds = time.monotonic() - begin
    if outcome.returncode != 0:
        raise SystemExit(f"keys {command[0]}: {outcome.stdout[-2000:]}{outcome.stderr[-2000:]}")
    return count / seconds


def lookups(server, keys):
    connection = http.Connection(server.admin)
    for key in keys:
        begin = time.monotonic()
        status, body = connection.ask(population.request(server, b"/admin/v1/keys/lookup", {"key": key}))
        if status != 200:
            raise SystemExit(f"a look-up was answered {status}: {body.decode(errors='replace')}")
        yield (time.monotonic() - begin) * 1000
    connection.close()


def report(tools, report):
    runs = [measure(tools, number) for number in range(tools.scale.rounds)]
    text = f"{tools.scale.imported:,} keys".replace(",", " ")
    report.figure("import_per_second", f"{text}: imported a second", [run["import"] for run in runs], "/s", 0)
    report.figure("import_repeat_per_second", f"{text}: imported again a second",
                  [run["repeat"] for run in runs], "/s", 0)
    report.figure("export_per_second", f"{text}: exported a second", [run["export"] for run in runs], "/s", 0)
    report.figure("lookup", f"{text}: look-up by secret", [run["lookup_ms"] for run in runs], "ms", 2)
    report.runs("import", runs)
