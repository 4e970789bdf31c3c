"""A verifier that follows the status lists refuses a key's tokens, with nothing but PyJWT and zlib."""

import base64
import json
import zlib

import jwt
import pytest
import requests
from conftest import API
from server import wait_until

VALID, INVALID, SUSPENDED = 0, 1, 2


class StatusVerifier:
    """draft-ietf-oauth-status-list §8.3, for access tokens."""

    def __init__(self, server):
        self.issuer = server.issuer
        self.jwks = jwt.PyJWKClient(server.jwks_url)

    def decode(self, token, typ, **options):
        assert jwt.get_unverified_header(token)["typ"] == typ
        key = self.jwks.get_signing_key_from_jwt(token)
        return jwt.decode(token, key, algorithms=[key.algorithm_name], issuer=self.issuer, **options)

    def list(self, uri):
        answer = requests.get(uri, headers={"Accept": "application/statuslist+jwt"}, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/statuslist+jwt"
        claims = self.decode(answer.text, "statuslist+jwt", options={"require": ["sub", "iat", "exp"]})
        assert claims["sub"] == uri
        return claims

    def status(self, token):
        reference = self.decode(token, "at+jwt", audience=API)["status"]["status_list"]
        content = self.list(reference["uri"])["status_list"]
        bits, lst = content["bits"], content["lst"]
        statuses = zlib.decompress(base64.urlsafe_b64decode(lst + "=" * (-len(lst) % 4)))
        place = reference["idx"] * bits
        assert place // 8 < len(statuses)
        return statuses[place // 8] >> place % 8 & (1 << bits) - 1

    def revoked(self, uri):
        """The jtis of all parts."""
        while uri:
            answer = requests.get(uri, timeout=10)
            assert answer.headers["Content-Type"] == "application/revocations+jwt"
            claims = self.decode(answer.text, "revocations+jwt")
            assert claims["sub"] == uri and len(claims["jtis"]) <= 65_536
            yield from claims["jtis"]
            uri = claims.get("next")


@pytest.fixture
def verifier(server):
    return StatusVerifier(server)


@pytest.fixture
def mortal(server):
    return server.create_key(name="mortal", scopes=[], audiences=[API])


def test_a_key_is_suspended_valid_and_revoked(server, verifier, mortal):
    token = server.token(mortal)
    assert verifier.status(token) == VALID
    for change, status in (("disable", SUSPENDED), ("enable", VALID)):
        server.administer("POST", f"keys/{mortal['id']}/{change}")
        assert wait_until(lambda: verifier.status(token) == status, seconds=2)
    server.administer("DELETE", f"keys/{mortal['id']}")
    assert wait_until(lambda: verifier.status(token) == INVALID, seconds=2)


def test_the_aggregation_names_the_list_of_a_token(server, verifier, key):
    metadata = requests.get(f"{server.public}/.well-known/oauth-authorization-server", timeout=10).json()
    lists = requests.get(metadata["status_list_aggregation_endpoint"], timeout=10).json()["status_lists"]
    token = verifier.decode(server.token(key, audience=API), "at+jwt", audience=API)
    assert token["status"]["status_list"]["uri"] in lists
    for uri in lists:
        claims = verifier.list(uri)
        assert 1 <= claims["ttl"] <= 300 and claims["exp"] - claims["iat"] == 300


def test_a_revoked_token_is_in_the_revocation_list(server, verifier, mortal):
    metadata = requests.get(f"{server.public}/.well-known/oauth-authorization-server", timeout=10).json()
    token = server.token(mortal)
    jti = verifier.decode(token, "at+jwt", audience=API)["jti"]
    assert jti not in verifier.revoked(metadata["revocation_list_endpoint"])
    answer = requests.post(
        metadata["revocation_endpoint"], data={"token": token}, auth=(mortal["id"], mortal["key"]), timeout=10
    )
    assert answer.status_code == 200
    assert wait_until(lambda: jti in verifier.revoked(metadata["revocation_list_endpoint"]), seconds=2)
    assert verifier.status(token) == VALID


def test_a_signed_list_is_no_access_token(server, verifier, key):
    uri = verifier.decode(server.token(key, audience=API), "at+jwt", audience=API)["status"]["status_list"]["uri"]
    text = requests.get(uri, timeout=10).text
    answer = requests.get(f"{server.admin}/admin/v1/keys", headers={"Authorization": f"Bearer {text}"}, timeout=10)
    assert answer.status_code == 401
    payload = text.split(".")[1]
    assert "aud" not in json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
