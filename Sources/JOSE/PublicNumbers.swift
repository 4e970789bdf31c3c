import CLibcrypto
import Primitives

/// What a public key consists of; every number big-endian.
enum PublicNumbers: Sendable {
    /// Both coordinates in 32 bytes (RFC 7518 §6.2.1).
    case p256(x: [UInt8], y: [UInt8])
    /// 32 bytes (RFC 8037 §2).
    case ed25519(x: [UInt8])
    /// Both in as few bytes as hold them (RFC 7518 §6.3.1).
    case rsa(n: [UInt8], e: [UInt8])

    /// - Returns: `nil` for a kind of key that is not used here.
    init?(of key: EVPKey) {
        if key.isA("EC"), key.curve == "prime256v1", let x = key.number(OSSL_PKEY_PARAM_EC_PUB_X, length: 32),
            let y = key.number(OSSL_PKEY_PARAM_EC_PUB_Y, length: 32)
        {
            self = .p256(x: x, y: y)
        } else if key.isA("ED25519"), let x = key.rawPublicKey {
            self = .ed25519(x: x)
        } else if key.isA("RSA"), let n = key.number(OSSL_PKEY_PARAM_RSA_N),
            let e = key.number(OSSL_PKEY_PARAM_RSA_E)
        {
            self = .rsa(n: n, e: e)
        } else {
            return nil
        }
    }

    func fits(_ algorithm: JWSAlgorithm) -> Bool {
        switch (self, algorithm) {
        case (.p256, .es256), (.ed25519, .eddsa), (.rsa, .rs256), (.rsa, .ps256): true
        default: false
        }
    }

    /// The algorithm of a key that does not say which; an RSA key counts as RS256.
    var usualAlgorithm: JWSAlgorithm {
        switch self {
        case .p256: .es256
        case .ed25519: .eddsa
        case .rsa: .rs256
        }
    }

    /// The required members of the JWK with their values, in the order of RFC 7638 §3.
    var members: [(name: StaticString, value: [UInt8])] {
        switch self {
        case .p256(let x, let y):
            [
                ("crv", Array("P-256".utf8)), ("kty", Array("EC".utf8)), ("x", Base64URL.encode(x)),
                ("y", Base64URL.encode(y)),
            ]
        case .ed25519(let x):
            [("crv", Array("Ed25519".utf8)), ("kty", Array("OKP".utf8)), ("x", Base64URL.encode(x))]
        case .rsa(let n, let e):
            [("e", Base64URL.encode(e)), ("kty", Array("RSA".utf8)), ("n", Base64URL.encode(n))]
        }
    }

    /// The SHA-256 thumbprint (RFC 7638 §3), base64url.
    var thumbprint: String {
        var json: [UInt8] = []
        append(to: &json)
        json.append(UInt8(ascii: "}"))
        return String(decoding: Base64URL.encode(SHA256.hash(json).bytes), as: UTF8.self)
    }

    /// Appends an object with the required members and without its closing brace.
    func append(to json: inout [UInt8]) {
        for (index, member) in members.enumerated() {
            json.append(index == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            json.append(UInt8(ascii: "\""))
            json.append(ascii: member.name)
            json.append(ascii: "\":\"")
            json.append(contentsOf: member.value)
            json.append(UInt8(ascii: "\""))
        }
    }
}
