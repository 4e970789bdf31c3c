import CLibcrypto

extension EVPKey {
    /// The length of the RSA keys that are made here, in bits: what NIST SP 800-57 allows until 2030, and twice
    /// to three times as fast as 3072.
    static let generatedRSABits: Int32 = 2048

    /// A new key pair.
    ///
    /// - Returns: `nil` when libcrypto cannot make one.
    static func generate(_ algorithm: JWSAlgorithm) -> EVPKey? {
        let type =
            switch algorithm {
            case .es256: "EC"
            case .eddsa: "ED25519"
            case .rs256, .ps256: "RSA"
            }
        defer { ERR_clear_error() }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_keygen_init(context) == 1 else { return nil }
        switch algorithm {
        case .es256:
            guard unsafe EVP_PKEY_CTX_set_group_name(context, "P-256") == 1 else { return nil }
        case .rs256, .ps256:
            guard unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, generatedRSABits) == 1 else { return nil }
        case .eddsa:
            break
        }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_generate(context, &key) == 1, let key = unsafe key else { return nil }
        return unsafe EVPKey(owning: key)
    }

    /// The public key with these numbers.
    ///
    /// - Returns: `nil` when there is no such key: a point off its curve, for one.
    static func make(_ numbers: PublicNumbers) -> EVPKey? {
        defer { ERR_clear_error() }
        switch numbers {
        case .ed25519(let x):
            let key = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count)
            guard let key = unsafe key else { return nil }
            return unsafe EVPKey(owning: key)
        case .p256(let x, let y):
            let point = [0x04] + x + y
            return unsafe point.withUnsafeBytes { point in
                unsafe fromData("EC") { builder in
                    unsafe OSSL_PARAM_BLD_push_utf8_string(builder, lasting("group"), lasting("prime256v1"), 0) == 1
                        && OSSL_PARAM_BLD_push_octet_string(
                            builder, lasting("pub"), point.baseAddress, point.count) == 1
                }
            }
        case .rsa(let n, let e):
            guard let nLength = Int32(exactly: n.count), let eLength = Int32(exactly: e.count) else { return nil }
            let modulus = unsafe BN_bin2bn(n, nLength, nil)
            defer { unsafe BN_free(modulus) }
            let exponent = unsafe BN_bin2bn(e, eLength, nil)
            defer { unsafe BN_free(exponent) }
            return unsafe fromData("RSA") { builder in
                unsafe OSSL_PARAM_BLD_push_BN(builder, lasting("n"), modulus) == 1
                    && OSSL_PARAM_BLD_push_BN(builder, lasting("e"), exponent) == 1
            }
        }
    }

    /// - Parameter fill: Pushes the parameters; whatever it points at must live until this returns.
    private static func fromData(_ type: String, _ fill: (OpaquePointer) -> Bool) -> EVPKey? {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { return nil }
        defer { unsafe OSSL_PARAM_BLD_free(builder) }
        guard unsafe fill(builder), let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_fromdata_init(context) == 1,
            unsafe EVP_PKEY_fromdata(context, &key, selectionPublic, parameters) == 1,
            let key = unsafe key
        else { return nil }
        return unsafe EVPKey(owning: key)
    }

    /// A C string that outlives the call it is passed to: the builder keeps pointers to names.
    private static func lasting(_ literal: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(literal.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// `EVP_PKEY_PUBLIC_KEY`, a macro too involved to be imported: all parameters and the public half.
    private static let selectionPublic: Int32 = 0x02 | 0x04 | 0x80
}
