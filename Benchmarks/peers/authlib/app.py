"""An authorization server of Authlib and Flask: `client_credentials`, ES256 (RFC 9068), nothing stored."""

import hmac
import os
from pathlib import Path

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask
from joserfc.jwk import ECKey

KEY = ECKey.import_key(Path(os.environ["SIGNING_KEY"]).read_text())
SECRET = os.environ["CLIENT_SECRET"]
LIFETIME = 300


class Client(ClientMixin):
    def __init__(self, client_id):
        self.client_id = client_id

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return scope if scope == "reports" else ""

    def check_client_secret(self, client_secret):
        return hmac.compare_digest(SECRET, client_secret)

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class TokenGenerator(JWTBearerTokenGenerator):
    def get_jwks(self):
        return KEY

    def get_audiences(self, client, user, scope):
        return "https://api.example"


class ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]


CLIENTS = {f"client{number}": Client(f"client{number}") for number in range(int(os.environ["CLIENTS"]))}

app = Flask(__name__)
server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=lambda token, request: None)
server.register_token_generator(
    "default", TokenGenerator(os.environ["ISSUER"], "ES256", expires_generator=lambda client, grant_type: LIFETIME))
server.register_grant(ClientCredentials)


@app.post("/oauth2/token")
def token():
    return server.create_token_response()


@app.get("/healthz")
def health():
    return "", 204
