import CLibcrypto

/// A public key that checks signatures of one algorithm; any number of threads may share it.
package final class VerificationKey: Sendable {
    package let jwk: JWK

    package init(_ jwk: JWK) {
        self.jwk = jwk
    }

    package var algorithm: JWSAlgorithm { jwk.algorithm }
    package var kid: String { jwk.kid }

    /// The key as PEM (`SubjectPublicKeyInfo`); empty when libcrypto cannot write it.
    package var pem: [UInt8] {
        (try? unsafe PEM.encode { sink in unsafe PEM_write_bio_PUBKEY(sink, jwk.key.pointer) }) ?? []
    }

    package func verify(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        verify(signature, over: message.span)
    }

    /// Whether `signature` is one of this key over `message`; every way to fail, libcrypto's own faults among them,
    /// is `false`.
    package func verify(_ signature: [UInt8], over message: Span<UInt8>) -> Bool {
        examine(signature, over: message) == .genuine
    }

    package enum Finding: Sendable {
        case genuine, forged
        /// libcrypto could not say, as when there is no memory: a fault of this machine, not of the signature.
        case undecided
    }

    /// What `signature` is to this key and `message`, in the form of RFC 7515.
    ///
    /// For ES256 that is r and s in 32 bytes each (RFC 7518 §3.4).
    package func examine(_ signature: [UInt8], over message: Span<UInt8>) -> Finding {
        let encoded: [UInt8]
        switch algorithm {
        case .es256:
            guard let der = ECDSASignature.der(fromP1363: signature) else { return .forged }
            encoded = der
        case .eddsa:
            guard signature.count == 64 else { return .forged }
            encoded = signature
        case .rs256, .ps256:
            guard signature.count == (jwk.key.bits + 7) / 8 else { return .forged }
            encoded = signature
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_MD_CTX_new() else { return .undecided }
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe start(context) else { return .undecided }
        let result = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe EVP_DigestVerify(context, encoded, encoded.count, bytes.baseAddress, bytes.count)
        }
        if result == 1 { return .genuine }
        return result < 0 || Self.hasFault ? .undecided : .forged
    }

    /// Whether what went wrong last on this thread was more than a wrong signature: of that the algorithms complain,
    /// never the machinery around them.
    private static var hasFault: Bool {
        while case let code = ERR_get_error(), code != 0 {
            if ERR_FATAL_ERROR(code) != 0 || ERR_GET_LIB(code) == ERR_LIB_EVP { return true }
        }
        return false
    }

    private func start(_ context: OpaquePointer) -> Bool {
        let key = unsafe jwk.key.pointer
        var parameters: OpaquePointer?
        let digest = algorithm == .eddsa ? nil : "SHA256"
        guard unsafe EVP_DigestVerifyInit_ex(context, &parameters, digest, nil, nil, key, nil) == 1 else {
            return false
        }
        // Nothing is verified after this: else libcrypto makes a copy first, and when there is no memory for that, calls
        // the signature wrong and leaves no error.
        unsafe EVP_MD_CTX_set_flags(context, EVP_MD_CTX_FLAG_FINALISE)
        return unsafe RSAPadding.set(for: algorithm, on: parameters)
    }
}

enum RSAPadding {
    /// Chooses PKCS#1 v1.5 or PSS; the other algorithms have no padding.
    static func set(for algorithm: JWSAlgorithm, on context: OpaquePointer?) -> Bool {
        switch algorithm {
        case .es256, .eddsa: true
        case .rs256: unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .ps256:
            // The salt is as long as the digest, neither more nor less (RFC 7518 §3.5).
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) == 1
        }
    }
}
