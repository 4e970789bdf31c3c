"""As much DER (X.690) as OpenSSL's command line wants of keys and signatures."""

import base64

#: SubjectPublicKeyInfo up to the key: P-256, uncompressed (RFC 5480 §2); Ed25519 (RFC 8410 §4).
P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")
#: The AlgorithmIdentifier rsaEncryption (RFC 3279 §2.3.1).
RSA_ALGORITHM = bytes.fromhex("300d06092a864886f70d0101010500")
SEQUENCE, BIT_STRING = 0x30, 0x03


def element(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def integer(value):
    """An unsigned INTEGER of big-endian bytes."""
    value = value.lstrip(b"\0") or b"\0"
    return element(0x02, (b"\0" if value[0] & 0x80 else b"") + value)


def ecdsa_signature(signature):
    """ECDSA-Sig-Value (RFC 3279 §2.2.3) of the 64 bytes of RFC 7518 §3.4."""
    return element(SEQUENCE, integer(signature[:32]) + integer(signature[32:]))


def public_key(jwk):
    """SubjectPublicKeyInfo (RFC 5280 §4.1) of a JWK."""
    def part(name):
        text = jwk[name]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    if jwk["kty"] == "EC" and jwk["crv"] == "P-256":
        return P256_PREFIX + b"\x04" + part("x").rjust(32, b"\0") + part("y").rjust(32, b"\0")
    if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
        return ED25519_PREFIX + part("x")
    if jwk["kty"] == "RSA":
        key = element(SEQUENCE, integer(part("n")) + integer(part("e")))
        return element(SEQUENCE, RSA_ALGORITHM + element(BIT_STRING, b"\0" + key))
    raise SystemExit(f"a key of an unknown kind: {jwk}")
