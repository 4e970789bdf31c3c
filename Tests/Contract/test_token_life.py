"""Client libraries refresh, revoke, introspect and exchange: a token's life after it was fetched."""

import jwt
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from conftest import API, SCOPES
from requests_oauth2client import (
    ClientSecretBasic, ClientSecretPost, InvalidGrant, InvalidRequest, InvalidScope, InvalidTarget, OAuth2Client,
)

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
GRANTS = ["client_credentials", EXCHANGE, "refresh_token"]
API_KEY_TYPE = "urn:tokenbooth:token-type:api-key"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"
METHODS = ["client_secret_basic", "client_secret_post"]


@pytest.fixture(scope="module")
def holder(server):
    """A key that gets refresh tokens."""
    return server.create_key(name="holder", scopes=SCOPES, audiences=[API], grant_types=GRANTS)


@pytest.fixture(scope="module")
def resource_server(server):
    return server.create_key(name="resource server", scopes=["tokens:introspect"], audiences=[API], grant_types=GRANTS)


@pytest.fixture(scope="module")
def gateway(server, holder):
    """A key that may exchange the holder's tokens for its own."""
    return server.create_key(
        name="gateway", scopes=SCOPES, audiences=[API], grant_types=GRANTS, may_exchange=[holder["id"]],
    )


def authlib(key, method="client_secret_basic"):
    return OAuth2Session(
        key["id"], key["key"], token_endpoint_auth_method=method, revocation_endpoint_auth_method=method,
    )


def by_authlib(server, key, method="client_secret_basic"):
    """A session that holds a token and a refresh token."""
    session = authlib(key, method)
    session.fetch_token(
        server.token_url, grant_type=EXCHANGE, subject_token=key["key"], subject_token_type=API_KEY_TYPE,
    )
    return session


def by_requests_oauth2client(server, key, method=ClientSecretBasic):
    return OAuth2Client(
        token_endpoint=server.token_url, revocation_endpoint=f"{server.public}/oauth2/revoke",
        introspection_endpoint=f"{server.public}/oauth2/introspect", auth=method(key["id"], key["key"]),
        testing=True,
    )


def introspected(server, token, key, **parameters):
    """What Authlib's client is told about a token."""
    answer = authlib(key).introspect_token(f"{server.public}/oauth2/introspect", token=token, **parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


# Authlib: RFC 6749 §6, RFC 7009, RFC 7662.


@pytest.mark.parametrize("method", METHODS)
def test_authlib_refreshes(server, holder, method):
    session = by_authlib(server, holder, method)
    seen = [dict(session.token)]
    for _ in range(3):
        seen.append(dict(session.refresh_token(server.token_url)))
    for name in ("access_token", "refresh_token"):
        assert len({token[name] for token in seen}) == len(seen)
    assert all(token["token_type"] == "Bearer" and token["expires_in"] == 300 for token in seen)
    assert len({claims(token["access_token"])["status"]["status_list"]["idx"] for token in seen}) == 1


def test_authlib_refreshes_by_itself_when_a_token_is_about_to_expire(server, holder):
    updates = []
    session = OAuth2Session(
        holder["id"], holder["key"], token_endpoint=server.token_url, token=dict(by_authlib(server, holder).token),
        leeway=3600, update_token=lambda token, refresh_token=None, access_token=None: updates.append(refresh_token),
    )
    old = session.token["refresh_token"]
    session.get(f"{server.public}/healthz")
    assert updates == [old] and session.token["refresh_token"] != old


def test_authlib_narrows_the_scope_of_a_refresh(server, holder):
    session = by_authlib(server, holder)
    token = session.refresh_token(server.token_url, scope="reports:read")
    assert token["scope"] == "reports:read"
    with pytest.raises(OAuthError) as refusal:
        session.refresh_token(server.token_url, refresh_token=token["refresh_token"], scope="keys:write")
    assert refusal.value.error == "invalid_scope"
    # What was refused has spent nothing.
    assert session.refresh_token(server.token_url, refresh_token=token["refresh_token"])["access_token"]


def test_authlib_sees_a_spent_refresh_token_as_invalid_grant(server, holder):
    session = by_authlib(server, holder)
    first = session.token["refresh_token"]
    session.refresh_token(server.token_url)
    current = session.refresh_token(server.token_url)["refresh_token"]
    for spent in (first, current):
        with pytest.raises(OAuthError) as refusal:
            session.refresh_token(server.token_url, refresh_token=spent)
        assert refusal.value.error == "invalid_grant"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_authlib_revokes_and_introspects(server, holder, method, kind):
    session = by_authlib(server, holder, method)
    token = session.token[kind]
    before = introspected(server, token, holder, token_type_hint=kind)
    assert before["active"] and before["client_id"] == holder["id"] and before["iss"] == server.issuer
    answer = session.revoke_token(f"{server.public}/oauth2/revoke", token=token, token_type_hint=kind)
    assert answer.status_code == 200, answer.text
    assert introspected(server, token, holder) == {"active": False}
    # A family ends with all its tokens; a single access token ends alone.
    other = {"refresh_token": "access_token", "access_token": "refresh_token"}[kind]
    assert introspected(server, session.token[other], holder)["active"] == (kind == "access_token")


def test_authlib_introspects_as_a_resource_server(server, holder, resource_server):
    token = by_authlib(server, holder).token
    said = introspected(server, token["access_token"], resource_server, token_type_hint="access_token")
    minted = claims(token["access_token"])
    assert said.pop("active") is True and said.pop("token_type") == "Bearer"
    assert said == {name: value for name, value in minted.items() if name in said}
    assert {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"} <= said.keys()
    for stranger in (token["refresh_token"], resource_server["key"], "nonsense"):
        assert introspected(server, stranger, resource_server) == {"active": False}


# requests-oauth2client: RFC 8693, and the rest of the life once more.


@pytest.mark.parametrize("method", [ClientSecretBasic, ClientSecretPost])
def test_requests_oauth2client_exchanges_an_api_key(server, holder, method):
    client = by_requests_oauth2client(server, holder, method)
    token = client.token_exchange(
        subject_token=holder["key"], subject_token_type=API_KEY_TYPE, requested_token_type=ACCESS_TOKEN_TYPE,
        scope="reports:read", audience=API,
    )
    assert token.token_type == "Bearer" and token.scope == "reports:read" and token.refresh_token
    assert token.issued_token_type == ACCESS_TOKEN_TYPE
    assert claims(token.access_token)["aud"] == API


def test_requests_oauth2client_exchanges_a_token_of_its_own(server, holder):
    client = by_requests_oauth2client(server, holder)
    subject = client.client_credentials()
    token = client.token_exchange(subject_token=subject, scope="reports:read", resource=API)
    old, new = claims(subject.access_token), claims(token.access_token)
    assert token.issued_token_type == ACCESS_TOKEN_TYPE and token.refresh_token is None
    assert new["scope"] == "reports:read" and new["exp"] <= old["exp"] and new["jti"] != old["jti"]
    assert (new["sub"], new["client_id"], new["status"]) == (old["sub"], old["client_id"], old["status"])
    assert "act" not in new


@pytest.mark.parametrize("has_actor", [False, True])
def test_requests_oauth2client_exchanges_a_subject_with_an_actor(server, holder, gateway, has_actor):
    subject = by_requests_oauth2client(server, holder).client_credentials()
    client = by_requests_oauth2client(server, gateway)
    actor = client.client_credentials() if has_actor else None
    token = client.token_exchange(subject_token=subject, actor_token=actor, audience=API)
    minted = claims(token.access_token)
    assert minted["sub"] == holder["id"] and minted["client_id"] == gateway["id"]
    assert minted["act"]["sub"] == gateway["id"]
    said = client.introspect_token(token, token_type_hint="access_token")
    assert said["active"] is True and said["act"] == minted["act"]
    # Revoked by itself: the token that it was made of lives on.
    assert client.revoke_access_token(token)
    assert not client.introspect_token(token)["active"]
    assert by_requests_oauth2client(server, holder).introspect_token(subject)["active"]


def test_requests_oauth2client_knows_the_refusals_of_an_exchange(server, holder, gateway, resource_server):
    subject = by_requests_oauth2client(server, holder).client_credentials(scope="reports:read")
    client = by_requests_oauth2client(server, gateway)
    with pytest.raises(InvalidScope):
        client.token_exchange(subject_token=subject, scope="reports:write")
    with pytest.raises(InvalidTarget):
        client.token_exchange(subject_token=subject, audience="https://elsewhere.example")
    with pytest.raises(InvalidRequest):
        client.token_exchange(subject_token=subject, actor_token=subject)
    with pytest.raises(InvalidRequest):
        by_requests_oauth2client(server, resource_server).token_exchange(subject_token=subject)


def test_requests_oauth2client_refreshes_revokes_and_introspects(server, holder):
    client = by_requests_oauth2client(server, holder)
    token = client.token_exchange(subject_token=holder["key"], subject_token_type=API_KEY_TYPE)
    token = client.refresh_token(token)
    assert client.introspect_token(token.refresh_token, token_type_hint="refresh_token")["token_use"] == "refresh_token"
    assert client.introspect_token(token)["active"]
    assert client.revoke_refresh_token(token)
    assert not client.introspect_token(token)["active"]
    with pytest.raises(InvalidGrant):
        client.refresh_token(token)
