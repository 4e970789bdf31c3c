import CLibJWT
import JOSE

/// libjwt's opinion on a token of our own making.
///
/// Only for those: it takes a missing key for "nothing to check", a public key for an HMAC secret, and copies
/// the token to the stack.
enum LibJWT {
    /// Whether libjwt finds the signature right with that public key, and the algorithm to be that one.
    static func accepts(_ token: [UInt8], algorithm: JWSAlgorithm, publicPEM pem: [UInt8]) -> Bool {
        guard token.count <= 8192, !token.contains(0), pem.starts(with: "-----BEGIN PUBLIC KEY-----".utf8),
            let length = Int32(exactly: pem.count)
        else { return false }
        let expected: jwt_alg_t
        switch algorithm {
        case .es256: expected = JWT_ALG_ES256
        case .rs256: expected = JWT_ALG_RS256
        case .eddsa, .ps256: return false
        }
        var decoded: OpaquePointer?
        let text = token.map { CChar(bitPattern: $0) } + [0]
        guard unsafe jwt_decode(&decoded, text, pem, length) == 0, let decoded = unsafe decoded else { return false }
        defer { unsafe jwt_free(decoded) }
        return unsafe jwt_get_alg(decoded) == expected
    }
}
