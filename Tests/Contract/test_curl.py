"""curl, as a reader of the documentation would type it."""

import base64
import hashlib
import json
import re
import subprocess

import pytest
from conftest import API, ROOT, audience

EXAMPLE_KEY = "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"


class Answer:
    def __init__(self, output):
        head, _, self.body = output.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def json(self):
        return json.loads(self.body)


def curl(*arguments):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "10", "--include", *arguments], capture_output=True, check=True
    )
    return Answer(done.stdout)


def ways(key):
    """The places where an API key may stand."""
    return {
        "basic": ["-u", f"{key['id']}:{key['key']}"],
        "basic without user name": ["-u", f":{key['key']}"],
        "body": ["-d", f"client_id={key['id']}", "-d", f"client_secret={key['key']}"],
        "body without client_id": ["-d", f"client_secret={key['key']}"],
        "header": ["-H", f"X-API-Key: {key['key']}"],
        "bearer": ["-H", f"Authorization: Bearer {key['key']}"],
        "bare": ["-H", f"Authorization: {key['key']}"],
    }


@pytest.mark.parametrize("way", list(ways({"id": "", "key": ""})))
def test_a_token_by_every_way_to_authenticate(server, key, way):
    answer = curl(server.token_url, "-d", "grant_type=client_credentials", "-d", f"audience={API}", *ways(key)[way])
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert "access-control-allow-origin" not in answer.headers
    assert answer.json()["scope"].split() == ["reports:read", "reports:write"]


def many(form, count):
    """`count` parameters, each with a number of its own."""
    return [argument for number in range(count) for argument in ("-d", form.format(number))]


BOUNDS = {
    "parameters": (many("unknown={}", 1023), many("unknown={}", 1024), "invalid_request"),
    "scopes": (
        ["-d", "scope=" + "%20".join(["reports:read"] * 300)],
        ["-d", "scope=" + "%20".join(f"a:{number}" for number in range(257))], "invalid_scope",
    ),
    "audiences": (
        ["-d", f"audience={API}"] * 17,
        [*many("audience=https://{}.example", 9), *many("resource=https://r{}.example", 8)], "invalid_target",
    ),
    "algorithms": (
        ["-d", f"audience={audience('EdDSA')}"],
        ["-d", f"audience={API}", "-d", f"audience={audience('EdDSA')}"], "invalid_target",
    ),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_form_may_hold_so_much_and_no_more(server, key, bound):
    within, beyond, error = BOUNDS[bound]
    common = [server.token_url, "-d", "grant_type=client_credentials", "-u", f"{key['id']}:{key['key']}"]
    answer = curl(*common, *within)
    assert answer.status == 200, answer.body
    answer = curl(*common, *beyond)
    assert (answer.status, answer.json()["error"]) == (400, error)
    words = answer.json()["error_description"]
    assert any(word in words for word in ("at most 1024", "more than 256", "more than 16", "of different types")), words


@pytest.mark.parametrize(("sent", "is_taken"), [("nightly-7", True), ("x.tbk_y", False), ("x.tbr_y", False)])
def test_an_id_that_may_hold_a_secret_is_replaced(server, sent, is_taken):
    assert (curl(f"{server.public}/healthz", "-H", f"X-Request-Id: {sent}").headers["x-request-id"] == sent) == is_taken


def test_the_exchange_of_an_api_key_needs_nothing_else(server, key):
    answer = curl(
        server.token_url, "-d", "grant_type=urn:ietf:params:oauth:grant-type:token-exchange",
        "-d", f"subject_token={key['key']}", "-d", "subject_token_type=urn:tokenbooth:token-type:api-key",
    )
    assert answer.status == 200, answer.body
    assert answer.json()["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"


@pytest.mark.parametrize(
    ("arguments", "challenge"),
    [
        ([], "Basic"),
        (["-u", f":{EXAMPLE_KEY}"], "Basic"),
        (["-d", f"client_secret={EXAMPLE_KEY}"], "Basic"),
        (["-H", f"X-API-Key: {EXAMPLE_KEY}"], "Basic"),
        (["-H", f"Authorization: Bearer {EXAMPLE_KEY}"], "Bearer"),
        (["-H", f"Authorization: {EXAMPLE_KEY}"], "Bearer"),
    ],
)
def test_a_key_that_nobody_has_is_401_with_a_challenge(server, arguments, challenge):
    answer = curl(server.token_url, "-d", "grant_type=client_credentials", *arguments)
    assert answer.status == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["www-authenticate"] == f'{challenge} realm="tokenbooth"'
    assert EXAMPLE_KEY.encode() not in answer.body


def test_only_post_is_for_tokens(server):
    answer = curl(server.token_url)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


def test_the_keys_can_be_kept_and_revalidated(server):
    for path in ("/oauth2/jwks", "/.well-known/jwks.json"):
        first = curl(server.public + path)
        assert first.status == 200
        assert first.headers["access-control-allow-origin"] == "*"
        assert first.headers["cache-control"].startswith("public, max-age=")
        again = curl(server.public + path, "-H", f"If-None-Match: {first.headers['etag']}")
        assert again.status == 304 and again.body == b""
        head = curl("--head", server.public + path)
        assert head.status == 200 and head.headers["content-length"] == str(len(first.body))


def test_the_metadata_is_the_same_at_both_places_and_its_addresses_work(server):
    documents = [
        curl(f"{server.public}/.well-known/{name}").json()
        for name in ("oauth-authorization-server", "openid-configuration")
    ]
    assert documents[0] == documents[1]
    assert documents[0]["issuer"] == server.issuer
    assert curl(documents[0]["jwks_uri"]).status == 200
    assert curl(documents[0]["token_endpoint"], "-d", "").status == 400


def test_the_document_is_served_as_it_is(server):
    assert curl(f"{server.public}/openapi.yaml").body == (ROOT / "openapi.yaml").read_bytes()


def test_the_page_may_use_its_own_style_and_nothing_else(server):
    answer = curl(f"{server.public}/docs")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    style = re.search(rb"<style>(.*?)</style>", answer.body, re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/startupz"])
def test_health_on_both_listeners(server, path):
    for listener in (server.public, server.admin):
        answer = curl(listener + path)
        assert answer.status == 200, answer.body
        assert answer.json()["status"] == "ok"


def test_the_life_of_a_key(server):
    project = server.administer("POST", "projects", {"name": "curl", "default_audiences": [API]})
    credentials = ["-H", f"X-API-Key: {server.root_key}"]
    created = curl(
        f"{server.admin}/admin/v1/keys", *credentials, "-H", "Content-Type: application/json",
        "-d", json.dumps({"name": "curl", "project": project["id"], "scopes": ["reports:read"]}),
    )
    assert created.status == 201, created.body
    assert created.headers["cache-control"] == "no-store"
    key = created.json()
    server.secrets.append(key["key"])
    address = f"{server.admin}/admin/v1/keys/{key['id']}"

    def status_of_token():
        return curl(server.token_url, "-d", "grant_type=client_credentials", "-u", f"{key['id']}:{key['key']}").status

    assert status_of_token() == 200
    shown = curl(address, *credentials)
    assert "key" not in shown.json() and shown.json()["hint"].startswith(key["key"][:8])
    for step, status, works in (("disable", "disabled", 401), ("enable", "active", 200)):
        assert curl("-X", "POST", f"{address}/{step}", *credentials).json()["status"] == status
        assert status_of_token() == works
    patch = ["-X", "PATCH", "-H", "Content-Type: application/merge-patch+json", "-d", '{"allowed_ips": []}']
    assert curl(*patch, address, *credentials).json()["allowed_ips"] == []
    assert status_of_token() == 401
    assert curl("-X", "DELETE", address, *credentials).status == 204
    assert curl(address, *credentials).json()["status"] == "revoked"
    assert status_of_token() == 401


def test_a_list_is_read_page_by_page(server):
    for number in range(5):
        server.create_key(name=f"page {number}", scopes=[])
    found, query = [], "limit=2"
    while query:
        page = server.administer("GET", f"keys?{query}")
        assert len(page["items"]) <= 2
        found += [item["id"] for item in page["items"]]
        query = f"limit=2&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert found == sorted(set(found)) and len(found) >= 5
    assert found == [item["id"] for item in server.administer("GET", "keys?limit=200")["items"]]


def test_a_stranger_host_is_misdirected(server):
    answer = curl(f"{server.admin}/admin/v1/keys", "-H", "Host: evil.example", "-H", f"X-API-Key: {server.root_key}")
    assert answer.status == 421
    assert answer.json()["type"] == "urn:tokenbooth:problem:misdirected-host"
