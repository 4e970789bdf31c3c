import CLibcrypto
package import Primitives

/// A key made ready to sign, for one thread at a time; each event loop has its own.
///
/// What libcrypto looks up and allocates for a signature is done once, here. Not `Sendable`: the scratch
/// space is shared by all signatures of the context.
@safe
package final class SigningContext {
    package let key: SigningKey
    /// An `EVP_PKEY_CTX` that signs digests; for EdDSA, which has no digest apart, an `EVP_MD_CTX`.
    private let context: OpaquePointer
    /// The signature made last, in the form of RFC 7515; its length is fixed by the key.
    private var signature: [UInt8]
    private var der: [UInt8]

    /// - Throws: ``KeyError/libraryFailure`` when libcrypto cannot prepare the key.
    package init(_ key: SigningKey) throws(KeyError) {
        guard let context = unsafe Self.prepare(key) else {
            ERR_clear_error()
            throw .libraryFailure
        }
        self.key = key
        unsafe self.context = context
        let length = key.algorithm == .es256 || key.algorithm == .eddsa ? 64 : (key.key.bits + 7) / 8
        signature = [UInt8](repeating: 0, count: length)
        der = [UInt8](repeating: 0, count: key.algorithm == .es256 ? ECDSASignature.maximumDERLength : 0)
    }

    deinit {
        if key.algorithm == .eddsa {
            unsafe EVP_MD_CTX_free(context)
        } else {
            unsafe EVP_PKEY_CTX_free(context)
        }
    }

    private static func prepare(_ key: SigningKey) -> OpaquePointer? {
        guard key.algorithm != .eddsa else { return unsafe EVP_MD_CTX_new() }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.key.pointer, nil) else { return nil }
        guard unsafe EVP_PKEY_sign_init(context) == 1,
            unsafe RSAPadding.set(for: key.algorithm, on: context),
            unsafe EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
        else {
            unsafe EVP_PKEY_CTX_free(context)
            return nil
        }
        return unsafe context
    }

    /// The signature over `message`, in the form of RFC 7515; for ES256 r and s in 32 bytes each.
    ///
    /// - Throws: ``SigningFailure`` when libcrypto fails; nothing was signed.
    package func sign(_ message: Span<UInt8>) throws(SigningFailure) -> [UInt8] {
        try make(over: message)
        return signature
    }

    /// Completes a compact JWS: `header.payload` gets its `.signature` (RFC 7515 §5.1).
    ///
    /// - Parameters:
    ///   - start: Where in `jws` the header begins.
    ///   - beginning: The bytes from there on as far as they have been hashed before; the caller sees to that. Ed25519
    ///     hashes all of a message twice, each time behind something else: it has no use for it.
    /// - Throws: ``SigningFailure``, and then `jws` is as it was.
    package func signAppending(
        _ jws: inout [UInt8],
        from start: Int = 0,
        hashed beginning: SHA256Beginning? = nil
    ) throws(SigningFailure) {
        try make(over: jws.span.extracting(start..<jws.count), hashed: beginning)
        jws.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &jws)
    }

    /// Characters that ``signAppending(_:from:hashed:)`` appends.
    package var appendedLength: Int { 1 + (signature.count * 4 + 2) / 3 }

    /// Leaves the signature over `message` in `signature`.
    private func make(
        over message: Span<UInt8>,
        hashed beginning: SHA256Beginning? = nil
    ) throws(SigningFailure) {
        let isMade =
            switch key.algorithm {
            case .es256: signP256(Self.digest(of: message, hashed: beginning))
            case .rs256, .ps256: signRSA(Self.digest(of: message, hashed: beginning))
            case .eddsa: signEd25519(message)
            }
        guard isMade else {
            ERR_clear_error()
            throw SigningFailure(kid: key.kid)
        }
    }

    private static func digest(of message: Span<UInt8>, hashed beginning: SHA256Beginning?) -> SHA256Digest {
        guard let beginning else { return SHA256.hash(message) }
        return beginning.digest(followedBy: message.extracting(beginning.count..<message.count))
    }

    private func signP256(_ digest: SHA256Digest) -> Bool {
        var length = der.count
        let isSigned = digest.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe EVP_PKEY_sign(context, &der, &length, bytes.baseAddress, bytes.count) == 1
            }
        }
        guard isSigned, length <= der.count else { return false }
        return ECDSASignature.writeP1363(der: der[..<length], to: &signature)
    }

    private func signRSA(_ digest: SHA256Digest) -> Bool {
        var length = signature.count
        let isSigned = digest.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe EVP_PKEY_sign(context, &signature, &length, bytes.baseAddress, bytes.count) == 1
            }
        }
        return isSigned && length == signature.count
    }

    private func signEd25519(_ message: Span<UInt8>) -> Bool {
        var length = signature.count
        guard unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key.key.pointer, nil) == 1 else {
            return false
        }
        let isSigned = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe EVP_DigestSign(context, &signature, &length, bytes.baseAddress, bytes.count) == 1
        }
        return isSigned && length == signature.count
    }
}

/// libcrypto could not sign: a fault of this machine, never of a request.
package struct SigningFailure: Error, Sendable, CustomStringConvertible {
    package let kid: String

    package var description: String { "libcrypto could not sign with the key \(kid)" }
}
