"""Puts right what a JSON Schema cannot say, so that valid data is valid; see schemathesis-exclusions.md."""

import base64
import datetime
import ipaddress
import json
import os
import pathlib
import urllib.parse
import urllib.request
import uuid
import zlib

import requests
import schemathesis
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

API = "https://api.example"
SCOPES = ["reports:read", "reports:write"]
NOBODY = {"key": "key_00000000000000000000000000", "prj": "prj_00000000000000000000000000"}
# The root key, the key that the public run uses, and their project.
PROTECTED = {os.environ.get(name) for name in ("CONTRACT_ROOT_ID", "CONTRACT_KEY_ID", "CONTRACT_PROJECT_ID")}
KEY_ID = os.environ.get("CONTRACT_KEY_ID", "")
KEY = os.environ.get("CONTRACT_KEY", "")
PUBLIC = os.environ.get("CONTRACT_PUBLIC", "")
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
API_KEY = "urn:tokenbooth:token-type:api-key"
# What a caller sends in a header; one in the body is nothing that the check for missing credentials would see.
CALLERS = [
    ("Authorization", f"Bearer {KEY}"), ("Authorization", KEY), ("X-API-Key", KEY),
    ("Authorization", "Basic " + base64.b64encode(f"{KEY_ID}:{KEY}".encode()).decode()),
]
LEAKED = os.environ.get("CONTRACT_LEAKED", "")
REPORTER = os.environ.get("CONTRACT_REPORTER", "")
REPORTER_KEY = os.environ.get("CONTRACT_REPORTER_KEY", "")


def number(case):
    """The same for equal bodies, otherwise any: by it a part of the requests is chosen."""
    return zlib.crc32(repr(case.body).encode(errors="replace"))


def is_valid(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.auth(refresh_interval=None).apply_to(operation_id=["revokeToken", "introspectToken"])
class Caller:
    """The key of the run in half of the valid requests, which are then tried again without it (`ignored_auth`)."""

    def get(self, case, context):
        return CALLERS[number(case) // 2 % len(CALLERS)] if is_valid(case) and number(case) % 2 else None

    def set(self, case, data, context):
        case.headers[data[0]] = data[1]


@schemathesis.serializer("application/x-ndjson")
def lines_of_json(ctx, value):
    """Any text is a body of lines: each has a result of its own."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """An answer may hold nothing that the document does not name."""
    components = raw_schema["components"]
    shown = {"Key", "CreatedKey", "KeyPage", "Project", "ProjectPage", "Scope", "ScopePage", "Role", "RolePage", "Group", "GroupPage",
             "Audience", "AudiencePage", "TokenResponse", "OAuthError", "JWKSet", "JWK", "Metadata", "StatusLists", "Health", "Problem",
             "KeyExportRow", "KeyExportPage", "KeyImportReport", "KeyImportResult", "Rotation",
             "AuditEvent", "AuditEventPage", "AuditVerification", "LeakFeedback"}
    # A key is closed wherever it stands, but not as a part of the one that was just created.
    components["schemas"]["OpenKey"] = components["schemas"]["Key"]
    components["schemas"]["CreatedKey"]["allOf"][0]["$ref"] = "#/components/schemas/OpenKey"
    components["schemas"]["Key"] = {"allOf": [{"$ref": "#/components/schemas/OpenKey"}]}
    for name in shown:
        components["schemas"][name]["unevaluatedProperties"] = False


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]
    keep_the_run_alive(case, operation)
    if not is_valid(case):
        if operation == "issueToken" and number(case) % 2:
            case.headers["Authorization"] = f"Bearer {KEY}"
        return
    case.headers.pop("If-Match", None)
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.query:
        case.query.pop("cursor", None)
        if operation == "verifyAudit":
            case.query.clear()
        if "from" in case.query:
            case.query.pop("to", None)
        for name, value in case.query.items():
            if isinstance(value, str):
                case.query[name] = cut(value.replace("\0", ""), 128)
    if operation == "issueToken":
        mend_token_request(case)
    elif operation in ("revokeToken", "introspectToken"):
        mend_presented_token(case, operation)
    elif operation == "reportLeaks":
        sign_report(case)
    elif operation == "forwardAuth":
        without_credentials(case)
    elif operation == "lookupKey":
        case.body = {"key": KEY}
    elif operation == "updateKeyRotation":
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        case.body = {"previous_expires_at": soon.strftime("%Y-%m-%dT%H:%M:%SZ")}
    elif isinstance(case.body, dict):
        case.body = mended(case.body, operation)


def keep_the_run_alive(case, operation):
    """Changes to the run's own key and to its project go to an id that does not exist."""
    identifier = (case.path_parameters or {}).get("id")
    if identifier in PROTECTED and operation.startswith(("update", "delete", "disable", "enable", "rotate")):
        case.path_parameters["id"] = NOBODY[identifier[:3]]


def mend_token_request(case):
    """A real key in one of the places where it may stand, and only what it holds."""
    body = without_credentials(case)
    if "scope" in body:
        body["scope"] = "reports:read"
    for name in ("audience", "resource"):
        if body.get(name):
            body[name] = [API]
    is_exchange = body.get("subject_token_type") == API_KEY
    if is_exchange:
        body["subject_token"] = KEY
    elif body.get("grant_type") != "client_credentials":
        give_live_tokens(body)
    match zlib.crc32(repr(sorted(body)).encode()) % (6 if is_exchange else 5):
        case 0:
            body["client_secret"] = KEY
        case 1:
            body.update(client_id=KEY_ID, client_secret=KEY)
        case 2:
            case.headers["X-API-Key"] = KEY
        case 3:
            case.headers["Authorization"] = f"Bearer {KEY}"
        case 4:
            case.headers["Authorization"] = KEY
    case.body = body


def mend_presented_token(case, operation):
    """With the caller that it was given mostly a live token; for an API key the hint that makes it the credential."""
    caller = next(((name, value) for name, value in CALLERS if case.headers.get(name) == value), None)
    choice = number(case) // 8 % 3
    body = without_credentials(case)
    if caller is not None:
        case.headers[caller[0]] = caller[1]
    if operation == "revokeToken" and str(body.get("token", "")).startswith("tbk_"):
        body["token_type_hint"] = API_KEY
    elif caller is not None and choice:
        body["token"] = live_tokens()["access_token" if choice == 1 else "refresh_token"]
    case.body = body


def sign_report(case):
    """In two of three reports: a key that leaked comes first, and the signature is over what is sent."""
    if number(case) % 3 == 0:
        return
    case.body = [flat(entry) for entry in case.body]
    case.body[0]["token"] = LEAKED
    sent = requests.Request("POST", PUBLIC, json=case.body).prepare().body
    key = serialization.load_pem_private_key(pathlib.Path(REPORTER_KEY).read_bytes(), password=None)
    signature = key.sign(sent, ec.ECDSA(hashes.SHA256()))
    case.headers["Github-Public-Key-Identifier"] = REPORTER
    case.headers["Github-Public-Key-Signature"] = base64.b64encode(signature).decode()


def flat(entry):
    """The entry of a report without a NUL, and without members that go deeper."""
    return {
        name: value.replace("\0", "") if isinstance(value, str) else value for name, value in entry.items()
        if "\0" not in name and not isinstance(value, dict | list)
    }


def without_credentials(case):
    """The body without a NUL and without credentials, which are in no header either."""
    body = case.body if isinstance(case.body, dict) else {}
    case.headers.pop("Authorization", None)
    case.headers.pop("X-API-Key", None)
    return {
        name: value for name, value in body.items()
        if "\\u0000" not in json.dumps([name, value]) and name not in ("client_id", "client_secret")
    }


def live_tokens():
    """An access and a refresh token of the run's own key."""
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": API_KEY, "subject_token": KEY}
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(PUBLIC + "/oauth2/token", data=data, timeout=10) as answer:
        return json.load(answer)


def give_live_tokens(body):
    """Tokens of the run's own key in place of those that the schema makes up."""
    tokens = live_tokens()
    for name, value in (("refresh_token", tokens["refresh_token"]), ("subject_token", tokens["access_token"]),
                        ("actor_token", tokens["access_token"])):
        if name in body:
            body[name] = value
    for first, second in (("actor_token", "actor_token_type"), ("actor_token_type", "actor_token")):
        if first not in body:
            body.pop(second, None)


def mended(body, operation):
    body = dict(body)
    for name, limit in (("name", 128), ("description", 1024)):
        if isinstance(body.get(name), str):
            body[name] = cut(body[name], limit)
    if operation.endswith("Audience"):
        if body.get("name") == "urn:tokenbooth:admin":
            body["name"] = API
        elif isinstance(body.get("name"), str):
            body["name"] = body["name"].replace('"', "'").replace("\\", "/")
        return body
    if operation.endswith("Project") and str(body.get("name", "")).startswith("prj_"):
        body["name"] = "a" + body["name"][1:]
    for noun, prefix in (("Role", "rol_"), ("Group", "grp_")):
        if operation.endswith(noun) and str(body.get("name", "")).startswith(prefix):
            body["name"] = "a" + body["name"][1:]
    for name in ("scopes", "default_scopes"):
        if body.get(name):
            body[name] = SCOPES[: len(body[name])]
    for name in ("roles", "groups"):
        if body.get(name):
            body[name] = []
    for name in ("audiences", "default_audiences"):
        if body.get(name):
            body[name] = body[name][:3]
            if sum(len(json.dumps(entry)) for entry in body[name]) > 600:
                body[name] = [API]
    if isinstance(body.get("allowed_ips"), list):
        body["allowed_ips"] = list(dict.fromkeys(entry if is_range(entry) else "192.0.2.0/24" for entry in body["allowed_ips"]))
    if body.get("allowed_referrers"):
        body["allowed_referrers"] = ["https://app.example"]
    if body.get("project"):
        body["project"] = "default"
    if isinstance(body.get("access_token_ttl"), float):
        body["access_token_ttl"] = int(body["access_token_ttl"])
    for name, whole in (("rate_limit", {"requests": 100, "seconds": 60}), ("quota", {"tokens": 1000, "period": "day"})):
        if isinstance(body.get(name), dict):
            body[name] = whole
    if body.get("admin_role") == "super_admin":
        body.update(audiences=["urn:tokenbooth:admin"], scopes=["keys:write"], grant_types=["client_credentials"])
        for name in ("allowed_ips", "allowed_referrers"):
            if body.get(name) == []:
                del body[name]
    if isinstance(body.get("subject"), str) and body["subject"].startswith("key_"):
        body["subject"] = "service:reports"
    if isinstance(body.get("claims"), dict) and not is_small(body["claims"]):
        body["claims"] = {"tenant": "acme"}
    if isinstance(body.get("expires_at"), str):
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
        body["expires_at"] = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    return body


def cut(text, limit):
    """The longest beginning with at most that many bytes."""
    return text.encode()[:limit].decode(errors="ignore")


def is_range(text):
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return False
    # Zeros in front and mapped addresses are refused, which Python does not do throughout.
    return str(network) == text or str(network.network_address) == text


def is_small(value, depth=0):
    if depth > 4 or len(json.dumps(value)) > 500 or "\\u0000" in json.dumps(value):
        return False
    if isinstance(value, dict):
        return all(is_small(entry, depth + 1) for entry in value.values())
    if isinstance(value, list):
        return all(is_small(entry, depth + 1) for entry in value)
    return True
