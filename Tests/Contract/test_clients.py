"""Client libraries fetch tokens, with ids and secrets as the server gave them out."""

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from conftest import API
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, InvalidScopeError
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session as RequestsOAuth2Session

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
API_KEY_TYPE = "urn:tokenbooth:token-type:api-key"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"


def check(token, scope=("reports:read",)):
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 300
    assert set(token["scope"] if isinstance(token["scope"], list) else token["scope"].split()) == set(scope)
    assert token["access_token"].count(".") == 2
    assert "refresh_token" not in token


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_fetches_a_token(server, key, method):
    client = OAuth2Session(key["id"], key["key"], token_endpoint_auth_method=method, scope="reports:read")
    check(client.fetch_token(server.token_url, grant_type="client_credentials", audience=API))


def test_authlib_exchanges_an_api_key(server, key):
    client = OAuth2Session(key["id"], key["key"], token_endpoint_auth_method="client_secret_basic")
    token = client.fetch_token(
        server.token_url, grant_type=TOKEN_EXCHANGE, subject_token=key["key"], subject_token_type=API_KEY_TYPE,
        requested_token_type=ACCESS_TOKEN_TYPE, scope="reports:read", audience=API,
    )
    check(token)
    assert token["issued_token_type"] == ACCESS_TOKEN_TYPE


def test_authlib_sees_a_wrong_secret_as_invalid_client(server, key):
    client = OAuth2Session(key["id"], well_formed_stranger(), token_endpoint_auth_method="client_secret_basic")
    with pytest.raises(OAuthError) as refusal:
        client.fetch_token(server.token_url, grant_type="client_credentials")
    assert refusal.value.error == "invalid_client"


def test_authlib_sees_a_scope_that_is_not_held_as_invalid_scope(server, key):
    client = OAuth2Session(key["id"], key["key"], scope="keys:write")
    with pytest.raises(OAuthError) as refusal:
        client.fetch_token(server.token_url, grant_type="client_credentials")
    assert refusal.value.error == "invalid_scope"


def test_requests_oauthlib_fetches_a_token_with_basic(server, key):
    client = RequestsOAuth2Session(client=BackendApplicationClient(key["id"], scope=["reports:read"]))
    token = client.fetch_token(server.token_url, auth=HTTPBasicAuth(key["id"], key["key"]), audience=API)
    check(token)


def test_requests_oauthlib_fetches_a_token_with_the_secret_in_the_body(server, key):
    client = RequestsOAuth2Session(client=BackendApplicationClient(key["id"], scope=["reports:read"]))
    token = client.fetch_token(
        server.token_url, client_secret=key["key"], include_client_id=True, audience=API,
    )
    check(token)


def test_requests_oauthlib_knows_the_refusals(server, key):
    client = RequestsOAuth2Session(client=BackendApplicationClient(key["id"]))
    with pytest.raises(InvalidClientError):
        client.fetch_token(server.token_url, auth=HTTPBasicAuth(key["id"], well_formed_stranger()))
    client = RequestsOAuth2Session(client=BackendApplicationClient(key["id"], scope=["keys:write"]))
    with pytest.raises(InvalidScopeError):
        client.fetch_token(server.token_url, auth=HTTPBasicAuth(key["id"], key["key"]))


def test_a_plain_request_exchanges_an_api_key_without_other_authentication(server, key):
    form = {
        "grant_type": TOKEN_EXCHANGE, "subject_token": key["key"], "subject_token_type": API_KEY_TYPE,
        "scope": "reports:read", "resource": API,
    }
    answer = requests.post(server.token_url, data=form, timeout=10)
    assert answer.status_code == 200, answer.text
    check(answer.json())


def well_formed_stranger():
    """An API key with a right checksum that nobody was given."""
    return "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"
