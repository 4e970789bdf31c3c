/// A key pair that signs, parsed once.
///
/// It never changes, so every thread may share it; what signs with it is a ``SigningContext`` per thread.
package final class SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    package let algorithm: JWSAlgorithm
    /// The private key as PKCS#8 PEM: a secret.
    package let pem: [UInt8]
    package let publicKey: VerificationKey
    let key: EVPKey

    /// The RFC 7638 thumbprint of the public key, base64url.
    package var kid: String { publicKey.kid }

    /// Makes a new key pair; an RSA key has 2048 bits.
    package static func generate(_ algorithm: JWSAlgorithm) throws(KeyError) -> SigningKey {
        guard let key = EVPKey.generate(algorithm) else { throw .libraryFailure }
        return try SigningKey(key, algorithm: algorithm)
    }

    /// Reads a key file: one unencrypted private key in PKCS#8, SEC1 or PKCS#1 PEM.
    ///
    /// - Parameter algorithm: An RSA key does not say whether it is for RS256 or PS256. `nil` takes ES256 for a
    ///   P-256 key, EdDSA for an Ed25519 key and RS256 for an RSA key.
    /// - Throws: ``KeyError``, whose description says what is wrong and what to do.
    package convenience init(pem: [UInt8], algorithm: JWSAlgorithm?) throws(KeyError) {
        try self.init(PrivateKeyPEM.decode(pem), algorithm: algorithm)
    }

    private init(_ key: EVPKey, algorithm chosen: JWSAlgorithm?) throws(KeyError) {
        guard let numbers = PublicNumbers(of: key) else {
            guard key.isA("EC") else { throw .unsupportedType }
            throw .wrongCurve(key.curve ?? "without a name")
        }
        if case .rsa(let n, let e) = numbers, let weakness = RSAWeakness(n: n, e: e) { throw .weakRSA(weakness) }
        let algorithm = chosen ?? numbers.usualAlgorithm
        guard numbers.fits(algorithm) else { throw .algorithmMismatch(algorithm) }
        guard key.isConsistent else { throw .inconsistent }
        // The verifying half is made from the public numbers alone, as every reader of the JWK makes it.
        guard let publicHalf = EVPKey.make(numbers) else { throw .libraryFailure }
        self.algorithm = algorithm
        self.key = key
        pem = try PrivateKeyPEM.encode(key)
        publicKey = VerificationKey(JWK(numbers, algorithm: algorithm, kid: nil, key: publicHalf))
    }

    package var description: String { "SigningKey(\(kid))" }

    /// Nothing for `dump` and debuggers that print what they find.
    package var customMirror: Mirror { Mirror(self, children: [("kid", kid)]) }
}
