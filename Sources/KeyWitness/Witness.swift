package import JOSE

/// Who judged a probe: for the log.
package enum Witness: String, Sendable, CustomStringConvertible {
    case libjwt
    /// libcrypto with the key read back from its published JWK, for what libjwt 1.10 lacks.
    case libcrypto

    package init(for algorithm: JWSAlgorithm) {
        self =
            switch algorithm {
            case .es256, .rs256: .libjwt
            case .eddsa, .ps256: .libcrypto
            }
    }

    package var description: String { rawValue }

    func accepts(_ token: [UInt8], as key: VerificationKey) -> Bool {
        switch self {
        case .libjwt:
            return LibJWT.accepts(token, algorithm: key.algorithm, publicPEM: key.pem)
        case .libcrypto:
            let published = try? JWKSet(parsing: JWKSet([key.jwk]).serialized)[key.kid]
            guard let published, let jws = try? CompactJWS(parsing: token) else { return false }
            return (try? jws.verified(by: VerificationKey(published))) != nil
        }
    }
}
