import CLibcrypto

extension VerificationKey {
    /// Reads the one P-256 public key (`SubjectPublicKeyInfo`) of a PEM text (RFC 7468).
    ///
    /// - Returns: `nil` for anything else.
    package convenience init?(p256 pem: [UInt8]) {
        defer { ERR_clear_error() }
        guard let length = Int32(exactly: pem.count) else { return nil }
        let pointer: OpaquePointer? = unsafe pem.withUnsafeBytes { buffer in
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, length) else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe PEM_read_bio_PUBKEY(source, nil, { _, _, _, _ in 0 }, nil)
        }
        guard let pointer = unsafe pointer else { return nil }
        let key = unsafe EVPKey(owning: pointer)
        guard let numbers = PublicNumbers(of: key), numbers.fits(.es256), key.hasValidPublicHalf else {
            return nil
        }
        self.init(JWK(numbers, algorithm: .es256, kid: nil, key: key))
    }

    /// Whether `signature`, two integers in DER (RFC 3279 §2.2.3), is one of this ES256 key over `message`.
    package func verify(der signature: [UInt8], over message: [UInt8]) -> Bool {
        var raw = [UInt8](repeating: 0, count: 64)
        guard algorithm == .es256, ECDSASignature.writeP1363(der: signature[...], to: &raw) else {
            return false
        }
        return verify(raw, over: message)
    }
}
