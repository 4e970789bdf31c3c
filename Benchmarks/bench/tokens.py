"""A sample of the tokens, verified with OpenSSL's command line: code that is not ours."""

import base64
import json
import random
import subprocess
import tempfile
from pathlib import Path

from . import der, http
from .population import AUDIENCE, SCOPES

#: `openssl` and its options for each JWS algorithm; the message is in the file `message`.
VERIFY = {
    "ES256": ["dgst", "-sha256"],
    "RS256": ["dgst", "-sha256"],
    "PS256": ["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
    "EdDSA": ["pkeyutl", "-rawin", "-pubin"],
}


def collect(address, requests, sample, count=100):
    """Adds to `sample` the answers to `count` requests drawn from a list, over one connection."""
    connection = http.Connection(address, timeout=120)
    for _ in range(count):
        status, body = connection.ask(random.choice(requests))
        if status != 200:
            raise SystemExit(f"answer {status}: {body.decode(errors='replace')}")
        sample.append(json.loads(body))
    connection.close()


def published_keys(address):
    """A function from `kid` to SubjectPublicKeyInfo, in DER."""
    connection = http.Connection(address)
    keys = {key["kid"]: key for key in json.loads(connection.ask(http.get(b"/oauth2/jwks"))[1])["keys"]}
    connection.close()
    return lambda kid: der.public_key(keys[kid])


def verify(public_key, answers, algorithm, is_right=lambda claims, answer: True):
    """Ends the benchmark when one token is not what it should be; the number of tokens."""
    seen = set()
    with tempfile.TemporaryDirectory() as directory:
        for answer in answers:
            claims = verified(answer["access_token"], public_key, algorithm, Path(directory))
            if not is_right(claims, answer):
                raise SystemExit(f"a token does not say what it should: {claims}")
            seen.add(claims["jti"])
    if len(seen) != len(answers):
        raise SystemExit(f"{len(answers)} tokens have only {len(seen)} different jti")
    return len(seen)


def is_ours(claims, answer):
    """What every token of the benchmark's keys must say."""
    return claims["aud"] == AUDIENCE and set(claims["scope"].split()) == set(SCOPES) \
        and claims["exp"] - claims["iat"] == answer["expires_in"] and claims["sub"] == claims["client_id"]


def verified(token, public_key, algorithm, directory):
    head, payload, signature = token.split(".")
    header = json.loads(decode(head))
    if header["alg"] != algorithm or header["typ"] != "at+jwt":
        raise SystemExit(f"a token has the header {header}")
    signature = decode(signature)
    (directory / "key.der").write_bytes(public_key(header.get("kid")))
    (directory / "signature").write_bytes(der.ecdsa_signature(signature) if algorithm == "ES256" else signature)
    (directory / "message").write_bytes(f"{head}.{payload}".encode())
    command = ["openssl", *VERIFY[algorithm]]
    if command[1] == "dgst":
        command += ["-verify", "key.der", "-keyform", "DER", "-signature", "signature", "message"]
    else:
        command += ["-verify", "-inkey", "key.der", "-keyform", "DER", "-sigfile", "signature", "-in", "message"]
    if subprocess.run(command, cwd=directory, capture_output=True).returncode != 0:
        raise SystemExit(f"OpenSSL refuses the signature of {token}")
    return json.loads(decode(payload))


def decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
