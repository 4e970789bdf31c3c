"""Every operation, fuzzed from the document with valid and invalid data, on both listeners."""

import os
import pathlib
import subprocess
import sys

import pytest
from conftest import API, ROOT, SCOPES
from server import REPORTER
from test_metrics import metrics, value

HERE = pathlib.Path(__file__).resolve().parent
ADMIN = "^/(admin/|metrics$|healthz$|readyz$|startupz$)"
ALONE = "^/(admin/|metrics$)"


# threats: OAP-02
@pytest.mark.parametrize("listener", ["public", "admin"])
def test_the_listener_does_what_the_document_says(server, short, listener, tmp_path):
    # All that a key may do at the token endpoint; the keys of other tests may do less. Nobody deletes the scopes that it
    # holds: changes to it are led elsewhere.
    key = server.create_key(
        name="fuzz", scopes=SCOPES, audiences=[API],
        grant_types=["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "refresh_token"],
    )
    leaked = server.create_key(name="leaked")
    root = next(item for item in server.administer("GET", "keys?limit=200")["items"] if item["owner"] is None)
    # Without `--checks`: every check is on by itself, and `all` would turn on again what the configuration turns off.
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
        str(ROOT / "openapi.yaml"), "--url", getattr(server, listener), "--mode", "all",
        "--max-examples", "15" if short else "150", "--seed", "20250721", "--no-color",
        "--report", "junit", "--report-dir", str(ROOT / ".build" / f"schemathesis-{listener}"),
    ]
    if listener == "admin":
        command += ["--include-path-regex", ADMIN, "--header", f"Authorization: Bearer {server.root_key}"]
    else:
        command += ["--exclude-path-regex", ALONE]
    before = metrics(server)
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={
            **os.environ, "PYTHONPATH": str(HERE), "CONTRACT_ROOT_ID": root["id"],
            "CONTRACT_PROJECT_ID": root["project"], "CONTRACT_KEY_ID": key["id"], "CONTRACT_KEY": key["key"],
            "CONTRACT_PUBLIC": server.public, "CONTRACT_LEAKED": leaked["key"], "CONTRACT_REPORTER": REPORTER,
            "CONTRACT_REPORTER_KEY": str(server.folder / "reporter.pem"),
        },
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300 if short else 3600,
    )
    output = done.stdout.replace(server.root_key, "<root key>").replace(key["key"], "<key>").replace(leaked["key"], "<leaked>")
    (ROOT / ".build" / f"schemathesis-{listener}.txt").write_text(output)
    assert done.returncode == 0, output[-20000:]
    if listener == "public":
        after = metrics(server)
        # Else the hooks' credentials do not open what they are for any more, and the fuzz stays before the door.
        for name, labels in {
            "tokenbooth_introspections_total": {"active": "true"},
            "tokenbooth_revocations_total": {"kind": "access_token"},
            "tokenbooth_http_requests_total": {"route": "reportLeaks", "status": "200"},
        }.items():
            assert value(after, name, **labels) > value(before, name, **labels), name
