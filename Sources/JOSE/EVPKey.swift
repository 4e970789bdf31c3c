import CLibcrypto

/// A libcrypto key that is never changed after it was made, and freed with its last owner.
///
/// `@unchecked Sendable`: libcrypto lets several threads use one key as long as none of them changes it, and
/// no method here does.
@safe
final class EVPKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// - Parameter pointer: An `EVP_PKEY` with one reference that passes to this object.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Bits of the modulus or of the field.
    var bits: Int { Int(unsafe EVP_PKEY_get_bits(pointer)) }

    func isA(_ type: String) -> Bool { unsafe EVP_PKEY_is_a(pointer, type) == 1 }

    /// libcrypto's name of the curve, `prime256v1` for P-256; `nil` when it has none.
    var curve: String? {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        guard unsafe EVP_PKEY_get_group_name(pointer, &name, name.count, &length) == 1 else {
            ERR_clear_error()
            return nil
        }
        return String(decoding: name[..<min(length, name.count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A number of the key, big-endian.
    ///
    /// - Parameters:
    ///   - name: libcrypto's, such as `OSSL_PKEY_PARAM_RSA_N`.
    ///   - length: Bytes to pad to with zeros; `nil` for as few as hold it.
    func number(_ name: String, length: Int? = nil) -> [UInt8]? {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(pointer, name, &number) == 1 else {
            ERR_clear_error()
            return nil
        }
        defer { unsafe BN_free(number) }
        let count = length ?? Int((unsafe BN_num_bits(number) + 7) / 8)
        guard let padded = Int32(exactly: count) else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe BN_bn2binpad(number, &bytes, padded) == padded else { return nil }
        return bytes
    }

    /// The 32 bytes of an Ed25519 public key.
    var rawPublicKey: [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(pointer, &bytes, &length) == 1, length == 32 else {
            ERR_clear_error()
            return nil
        }
        return bytes
    }

    /// Whether the private and the public half, and what libcrypto knows of their numbers, agree.
    var isConsistent: Bool { unsafe check { context in unsafe EVP_PKEY_check(context) } }

    /// Whether libcrypto finds nothing wrong with the public half.
    var hasValidPublicHalf: Bool { unsafe check { context in unsafe EVP_PKEY_public_check(context) } }

    private func check(_ body: (OpaquePointer) -> Int32) -> Bool {
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return false }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        return unsafe body(context) == 1
    }
}
