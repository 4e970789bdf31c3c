"""A sample of the tokens, verified with OpenSSL's command line: code that is not ours."""

import base64
import json
import random
import subprocess
import tempfile
from pathlib import Path

from . import http
from .population import AUDIENCE, SCOPES

#: SubjectPublicKeyInfo of a P-256 key up to the uncompressed point (RFC 5480 §2).
P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def collect(address, credentials, sample, count=200):
    connection = http.Connection(address)
    for _ in range(count):
        status, body = connection.ask(http.token_request(random.choice(credentials)))
        if status != 200:
            raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
        sample.append(json.loads(body))
    connection.close()


def verify(address, responses):
    """Ends the benchmark when one token is not what it should be."""
    connection = http.Connection(address)
    keys = {key["kid"]: key for key in json.loads(connection.ask(http.get(b"/oauth2/jwks"))[1])["keys"]}
    connection.close()
    seen = set()
    with tempfile.TemporaryDirectory() as directory:
        for response in responses:
            claims = verified(response["access_token"], keys, Path(directory))
            lifetime = claims["exp"] - claims["iat"]
            if claims["aud"] != AUDIENCE or set(claims["scope"].split()) != set(SCOPES) \
                    or lifetime != response["expires_in"] or claims["sub"] != claims["client_id"]:
                raise SystemExit(f"a token does not say what it should: {claims}")
            seen.add(claims["jti"])
    if len(seen) != len(responses):
        raise SystemExit(f"{len(responses)} tokens have only {len(seen)} different jti")
    return len(seen)


def verified(token, keys, directory):
    head, payload, signature = token.split(".")
    header = json.loads(decode(head))
    key = keys[header["kid"]]
    if header["alg"] != "ES256" or header["typ"] != "at+jwt" or key["crv"] != "P-256":
        raise SystemExit(f"a token has the header {header}")
    point = b"\x04" + decode(key["x"]).rjust(32, b"\0") + decode(key["y"]).rjust(32, b"\0")
    (directory / "key.der").write_bytes(P256_PREFIX + point)
    (directory / "signature").write_bytes(der(decode(signature)))
    outcome = subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", directory / "key.der", "-keyform", "DER",
         "-signature", directory / "signature"],
        input=f"{head}.{payload}".encode(), capture_output=True)
    if outcome.returncode != 0:
        raise SystemExit(f"OpenSSL refuses the signature of {token}")
    return json.loads(decode(payload))


def decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def der(signature):
    """ECDSA-Sig-Value (RFC 3279 §2.2.3) of the 64 bytes of RFC 7518 §3.4."""
    def integer(value):
        value = value.lstrip(b"\0") or b"\0"
        if value[0] & 0x80:
            value = b"\0" + value
        return bytes([2, len(value)]) + value
    content = integer(signature[:32]) + integer(signature[32:])
    return bytes([0x30, len(content)]) + content
