"""Verifiers that have never heard of Tokenbooth accept its tokens, and refuse what was changed in them."""

import base64
import functools
import json
import random

import joserfc.jwk
import joserfc.jwt
import jwt
import pytest
import requests
from authlib.oauth2.rfc6750.errors import InvalidTokenError
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator, token_validator
from conftest import API, audience
from joserfc.errors import JoseError
from server import ALGORITHMS

REQUIRED = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id"]


class PyJWTVerifier:
    refusal = jwt.PyJWTError

    def __init__(self, server, algorithm, monkeypatch):
        self.issuer, self.algorithm = server.issuer, algorithm
        self.client = jwt.PyJWKClient(server.jwks_url)
        self.keys = {}

    def claims(self, token, audience):
        # The key is looked up once for each kid, as a server would: the client asks anew for each unknown one.
        kid = jwt.get_unverified_header(token).get("kid")
        if kid not in self.keys:
            self.keys[kid] = self.client.get_signing_key_from_jwt(token)
        return jwt.decode(
            token, self.keys[kid], algorithms=[self.algorithm], audience=audience, issuer=self.issuer,
            options={"require": REQUIRED},
        )


class JoserfcVerifier:
    refusal = (JoseError, ValueError)

    def __init__(self, server, algorithm, monkeypatch):
        self.issuer, self.algorithm = server.issuer, algorithm
        self.keys = joserfc.jwk.KeySet.import_key_set(requests.get(server.jwks_url, timeout=10).json())

    def claims(self, token, audience):
        decoded = joserfc.jwt.decode(token, self.keys, algorithms=[self.algorithm])
        registry = joserfc.jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer}, aud={"essential": True, "value": audience},
            **{name: {"essential": True} for name in ("sub", "exp", "iat", "jti", "client_id")},
        )
        registry.validate(decoded.claims)
        return decoded.claims


class AuthlibVerifier:
    """Authlib's validator for RFC 9068. It lets its user name the algorithms nowhere, and would take three."""

    refusal = (InvalidTokenError, JoseError, ValueError)

    def __init__(self, server, algorithm, monkeypatch):
        self.issuer = server.issuer
        self.keys = requests.get(server.jwks_url, timeout=10).json()
        decode = functools.partial(joserfc.jwt.decode, algorithms=[algorithm])
        monkeypatch.setattr(token_validator.jwt, "decode", decode)

    def claims(self, token, audience):
        keys = self.keys

        class Validator(JWTBearerTokenValidator):
            def get_jwks(self):
                return keys

        validator = Validator(issuer=self.issuer, resource_server=audience)
        claims = validator.authenticate_token(token)
        validator.validate_token(claims, ["reports:read"], None)
        return claims


VERIFIERS = [PyJWTVerifier, JoserfcVerifier, AuthlibVerifier]


@pytest.fixture(params=ALGORITHMS)
def algorithm(request):
    return request.param


@pytest.fixture(params=VERIFIERS, ids=lambda verifier: verifier.__name__)
def verifier(request, server, algorithm, monkeypatch):
    return request.param(server, algorithm, monkeypatch)


@pytest.fixture
def token(server, key, algorithm):
    return server.token(key, audience=audience(algorithm))


def decoded(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_a_token_is_accepted(server, key, algorithm, verifier, token):
    claims = verifier.claims(token, audience(algorithm))
    assert claims["sub"] == claims["client_id"] == key["id"]
    assert claims["aud"] == audience(algorithm)
    assert claims["scope"].split() == ["reports:read", "reports:write"]
    assert claims["exp"] - claims["iat"] == 300
    assert claims["tenant"] == "acme"


def test_the_header_says_what_rfc_9068_asks(server, algorithm, token):
    header = json.loads(decoded(token.split(".")[0]))
    assert header.keys() == {"alg", "typ", "kid"}
    assert (header["alg"], header["typ"]) == (algorithm, "at+jwt")
    keys = [key for key in requests.get(server.jwks_url, timeout=10).json()["keys"] if key["kid"] == header["kid"]]
    assert len(keys) == 1 and keys[0]["alg"] == algorithm and keys[0]["use"] == "sig"
    assert joserfc.jwk.import_key(keys[0]).thumbprint() == header["kid"]


def test_no_flipped_bit_is_accepted(algorithm, verifier, token, short):
    segments = [decoded(segment) for segment in token.split(".")]
    places = [(which, bit) for which in range(3) for bit in range(len(segments[which]) * 8)]
    if short:
        places = random.Random(7).sample(places, 200)
    for which, bit in places:
        content = bytearray(segments[which])
        content[bit // 8] ^= 1 << (bit % 8)
        changed = list(map(encoded, segments))
        changed[which] = encoded(bytes(content))
        refused(verifier, ".".join(changed), audience(algorithm))


def test_a_token_for_another_audience_is_refused(algorithm, verifier, token):
    for other in (API, audience(algorithm) + "/", audience(algorithm).upper(), "https://example"):
        refused(verifier, token, other)


def test_another_algorithm_is_refused(server, algorithm, verifier, token):
    """The header is made to say another algorithm, with the signature as it was, none, or keyed with the public key."""
    head, body, signature = token.split(".")
    header = json.loads(decoded(head))
    public = next(key for key in requests.get(server.jwks_url, timeout=10).json()["keys"] if key["kid"] == header["kid"])
    for other in {*ALGORITHMS, "HS256", "none"} - {algorithm}:
        changed = encoded(json.dumps({**header, "alg": other}).encode())
        refused(verifier, f"{changed}.{body}.{signature}", audience(algorithm))
        refused(verifier, f"{changed}.{body}.", audience(algorithm))
    secret = json.dumps(public).encode()
    forged = joserfc.jwt.encode(
        {**header, "alg": "HS256"}, json.loads(decoded(body)), joserfc.jwk.OctKey.import_key(secret), algorithms=["HS256"]
    )
    refused(verifier, forged, audience(algorithm))


@pytest.mark.parametrize("signing", ALGORITHMS)
def test_a_verifier_for_one_algorithm_refuses_the_others(server, key, algorithm, verifier, signing):
    if signing == algorithm:
        pytest.skip("its own algorithm")
    both = server.token(key, audience=[audience(signing)])
    refused(verifier, both, audience(signing))


def test_an_audience_may_ask_for_the_type_jwt(server):
    server.administer("POST", "audiences", {"name": "https://old.example", "typ": "JWT"})
    key = server.create_key(name="old", audiences=["https://old.example"], scopes=[])
    assert jwt.get_unverified_header(server.token(key))["typ"] == "JWT"


def test_every_token_has_its_own_id(server, key, short):
    tokens = [server.token(key, audience=API) for _ in range(50 if short else 500)]
    ids = {json.loads(decoded(token.split(".")[1]))["jti"] for token in tokens}
    assert len(ids) == len(tokens)
    assert all(len(decoded(identifier)) == 16 for identifier in ids)


def refused(verifier, token, audience):
    try:
        verifier.claims(token, audience)
    except verifier.refusal:
        return
    except (UnicodeDecodeError, TypeError, KeyError, AttributeError):
        # Some libraries stumble over a header that is no longer JSON or a claim of the wrong type; that is no token.
        return
    pytest.fail(f"accepted {token}")
