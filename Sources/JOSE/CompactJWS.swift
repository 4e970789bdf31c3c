import Primitives

/// A compact JWS (RFC 7515 §7.1) that was taken apart and not verified: nothing in it is to be believed.
package struct CompactJWS: Sendable {
    package let algorithm: JWSAlgorithm
    package let kid: String?
    /// `typ`, as written.
    package let type: String?
    package let payload: [UInt8]
    package let signature: [UInt8]
    /// `header.payload`: what the signature is over (RFC 7515 §5.1).
    package let signingInput: [UInt8]

    /// Takes a token apart; each has exactly one spelling.
    ///
    /// `jku`, `jwk`, `x5u`, `x5c` and unknown parameters are ignored (RFC 7515 §4, RFC 8725 §3.10).
    ///
    /// - Parameter maximumSize: Bytes.
    /// - Throws: ``JWSError`` for anything but three canonical segments with a strict header that asks for
    ///   nothing beyond a signature of ``JWSAlgorithm``.
    package init(parsing bytes: [UInt8], maximumSize: Int = 8192) throws(JWSError) {
        guard bytes.count <= maximumSize else { throw .tooLarge }
        let dot = UInt8(ascii: ".")
        let segments = bytes.split(separator: dot, maxSplits: 3, omittingEmptySubsequences: false)
        guard segments.count == 3 else { throw .notThreeSegments }
        guard !segments.contains(where: \.isEmpty), let headerBytes = Base64URL.decode(segments[0]),
            let payload = Base64URL.decode(segments[1]), let signature = Base64URL.decode(segments[2])
        else { throw .notBase64URL }
        guard let header = (try? JSONValue(parsing: headerBytes))?.object else { throw .malformedHeader }

        for name in ["crit", "b64", "enc", "zip"] where header[name] != nil { throw .unsupportedHeader(name) }
        guard let algorithm = header["alg"]?.string.flatMap(JWSAlgorithm.init(named:)) else {
            throw .unsupportedAlgorithm
        }
        if let content = try header.optionalString("cty")?.lowercased() {
            guard content != "jwt", content != "application/jwt" else { throw .nested }
        }
        self.algorithm = algorithm
        self.kid = try header.optionalString("kid")
        self.type = try header.optionalString("typ")
        self.payload = payload
        self.signature = signature
        signingInput = Array(bytes[..<segments[1].endIndex])
    }

    /// - Parameter signingInput: Taken apart already, and what it says stands in the other parameters.
    init(
        algorithm: JWSAlgorithm,
        kid: String?,
        type: String?,
        payload: [UInt8],
        signature: [UInt8],
        signingInput: [UInt8]
    ) {
        self.algorithm = algorithm
        self.kid = kid
        self.type = type
        self.payload = payload
        self.signature = signature
        self.signingInput = signingInput
    }

    /// The proof that `key` signed this.
    ///
    /// - Throws: ``JWSError/algorithmMismatch`` when the token names another algorithm than the key's: it is the key
    ///   that decides (RFC 8725 §3.1). ``JWSError/cannotVerify`` when libcrypto fails.
    ///   ``JWSError/badSignature`` otherwise.
    package func verified(by key: VerificationKey) throws(JWSError) -> VerifiedJWS {
        guard algorithm == key.algorithm else { throw .algorithmMismatch }
        switch key.examine(signature, over: signingInput.span) {
        case .genuine: return VerifiedJWS(jws: self, kid: key.kid)
        case .forged: throw .badSignature
        case .undecided: throw .cannotVerify
        }
    }

    /// `header.payload`, ready for ``SigningContext/signAppending(_:)``.
    ///
    /// - Parameters: Both JSON, in bytes.
    package static func signingInput(header: [UInt8], payload: [UInt8]) -> [UInt8] {
        var output = Base64URL.encode(header)
        output.append(UInt8(ascii: "."))
        Base64URL.append(payload, to: &output)
        return output
    }

    /// The whole token, from its signing input and a signature in the form of RFC 7515.
    package static func compact(signingInput: [UInt8], signature: [UInt8]) -> [UInt8] {
        var output = signingInput
        output.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &output)
        return output
    }
}

/// A JWS whose signature was found right; only ``CompactJWS/verified(by:)`` makes one.
package struct VerifiedJWS: Sendable {
    private let jws: CompactJWS
    /// Of the key that verified, whatever the header said.
    package let kid: String

    fileprivate init(jws: CompactJWS, kid: String) {
        self.jws = jws
        self.kid = kid
    }

    package var payload: [UInt8] { jws.payload }
    package var type: String? { jws.type }
    package var algorithm: JWSAlgorithm { jws.algorithm }
}

extension JSONObject {
    fileprivate func optionalString(_ name: String) throws(JWSError) -> String? {
        guard let value = self[name] else { return nil }
        guard let string = value.string else { throw .malformedHeader }
        return string
    }
}
