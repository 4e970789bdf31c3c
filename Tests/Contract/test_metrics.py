"""The metrics, judged by Prometheus' own tool."""

import re
import subprocess

import requests
from conftest import API


def metrics(server):
    answer = requests.get(f"{server.admin}/metrics", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return answer.text


def value(text, name, **labels):
    """The sum of the samples of that name which have these labels."""
    total = 0.0
    for line in text.splitlines():
        if match := re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line):
            has = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(1) or ""))
            if labels.items() <= has.items():
                total += float(match.group(2))
    return total


def test_promtool_finds_nothing(server, key):
    server.token(key)
    done = subprocess.run(["promtool", "check", "metrics"], input=metrics(server).encode(), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_every_promised_metric_is_there(server, key):
    server.token(key)
    refused = {"grant_type": "client_credentials", "scope": "reports:none"}
    requests.post(server.token_url, data=refused, auth=(key["id"], key["key"]), timeout=10)
    text = metrics(server)
    for name, kind in {
        "tokenbooth_build_info": "gauge",
        "tokenbooth_http_requests_total": "counter",
        "tokenbooth_http_request_duration_seconds": "histogram",
        "tokenbooth_tokens_issued_total": "counter",
        "tokenbooth_token_errors_total": "counter",
        "tokenbooth_refresh_reuse_detected_total": "counter",
        "tokenbooth_revocations_total": "counter",
        "tokenbooth_introspections_total": "counter",
        "tokenbooth_limited_requests_total": "counter",
        "tokenbooth_cache_requests_total": "counter",
        "tokenbooth_http_connections": "gauge",
        "tokenbooth_http_in_flight_requests": "gauge",
        "tokenbooth_signing_keys": "gauge",
        "tokenbooth_signing_key_next_rotation_timestamp_seconds": "gauge",
        "tokenbooth_api_keys": "gauge",
        "tokenbooth_db_write_duration_seconds": "histogram",
        "tokenbooth_db_batch_size": "histogram",
        "tokenbooth_db_commit_failures_total": "counter",
        "tokenbooth_db_reopenings_total": "counter",
        "tokenbooth_db_wal_bytes": "gauge",
        "process_cpu_seconds_total": "counter",
        "process_resident_memory_bytes": "gauge",
        "process_open_fds": "gauge",
    }.items():
        assert f"# TYPE {name} {kind}\n" in text
        assert re.search(rf"^# HELP {name} \S", text, re.MULTILINE)


def test_what_happens_is_counted(server, key):
    before = metrics(server)
    for _ in range(3):
        server.token(key, audience=API)
    refused = {"grant_type": "client_credentials", "scope": "reports:none"}
    requests.post(server.token_url, data=refused, auth=(key["id"], key["key"]), timeout=10)
    after = metrics(server)

    def growth(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert growth("tokenbooth_tokens_issued_total", grant="client_credentials", alg="ES256") == 3
    assert growth("tokenbooth_token_errors_total", grant="client_credentials", error="invalid_scope") == 1
    assert growth("tokenbooth_http_requests_total", route="issueToken", method="POST", status="200") == 3
    assert growth("tokenbooth_http_request_duration_seconds_count") >= 4


def test_what_is_written_is_counted(server):
    before = metrics(server)
    for _ in range(3):
        server.create_key(name="counted")
    after = metrics(server)

    def growth(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert growth("tokenbooth_db_batch_size_sum") == 3
    assert growth("tokenbooth_db_batch_size_count") == growth("tokenbooth_db_write_duration_seconds_count") == 3
    assert growth("tokenbooth_db_batch_size_bucket", le="1") == 3
    assert 0 < growth("tokenbooth_db_write_duration_seconds_sum") < 3
    assert value(after, "tokenbooth_db_wal_bytes") > 0
    # The root key, at least; others are counted a while later.
    assert value(after, "tokenbooth_api_keys", state="active") >= 1
    states = set(re.findall(r'^tokenbooth_api_keys\{state="(\w+)"\}', after, re.MULTILINE))
    assert states == {"active", "disabled", "expired", "revoked"}


# threats: LOG-03
def test_no_label_holds_what_a_client_chose(server, key):
    for path in ("/oauth2/token?secret=canary-4711", "/canary-4711", "/%63anary-4711"):
        requests.get(server.public + path, timeout=10)
    text = metrics(server)
    assert "anary-4711" not in text
    assert key["id"] not in text and key["key"] not in text
    assert server.root_key not in text
