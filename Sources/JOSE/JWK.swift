package import Primitives

/// A public key as JSON (RFC 7517), for signatures only.
package struct JWK: Sendable {
    package let algorithm: JWSAlgorithm
    /// As published, or the thumbprint when the key came without one.
    package let kid: String
    let numbers: PublicNumbers
    let key: EVPKey

    init(_ numbers: PublicNumbers, algorithm: JWSAlgorithm, kid: String?, key: EVPKey) {
        self.numbers = numbers
        self.algorithm = algorithm
        self.kid = kid ?? numbers.thumbprint
        self.key = key
    }

    /// Reads a published key and proves that it is one.
    ///
    /// Members that are not needed are ignored, `x5u` and `x5c` with them.
    ///
    /// - Throws: ``JWKError`` for a private key, another type or use, and numbers that make no safe key.
    package init(parsing value: JSONValue) throws(JWKError) {
        guard let object = value.object else { throw .notAnObject }
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] where object[name] != nil {
            throw .privateMember(name)
        }
        guard bytesEqual(try object.optionalString("use") ?? "sig", "sig") else { throw .notForSignatures }
        if let operations = object["key_ops"] {
            let verifies = operations.array?.contains { bytesEqual($0.string ?? "", "verify") }
            guard verifies == true else { throw .notForSignatures }
        }
        let numbers = try PublicNumbers(parsing: object)
        let algorithm = try object.optionalString("alg").map { name throws(JWKError) in
            guard let algorithm = JWSAlgorithm(named: name) else { throw .unsupportedAlgorithm }
            return algorithm
        }
        guard numbers.fits(algorithm ?? numbers.usualAlgorithm) else { throw .algorithmMismatch }
        guard let key = EVPKey.make(numbers), key.hasValidPublicHalf else { throw .notAKey }
        self.init(
            numbers,
            algorithm: algorithm ?? numbers.usualAlgorithm,
            kid: try object.optionalString("kid"),
            key: key
        )
    }

    /// The SHA-256 thumbprint of the required members (RFC 7638), base64url.
    package var thumbprint: String { numbers.thumbprint }

    /// Appends the key as one JSON object: the required members, `use`, `alg` and `kid`.
    package func append(to json: inout [UInt8]) {
        numbers.append(to: &json)
        json.append(ascii: ",\"use\":\"sig\",\"alg\":\"")
        json.append(utf8: algorithm.rawValue)
        json.append(ascii: "\",\"kid\":")
        JSONText.appendString(kid, to: &json)
        json.append(UInt8(ascii: "}"))
    }
}

extension PublicNumbers {
    fileprivate init(parsing object: JSONObject) throws(JWKError) {
        guard let type = try object.optionalString("kty") else { throw .invalidMember("kty") }
        let curve = try object.optionalString("crv") ?? ""
        switch Array(type.utf8) {
        case Array("EC".utf8):
            guard bytesEqual(curve, "P-256") else { throw .unsupportedCurve }
            self = .p256(x: try object.bytes("x", count: 32), y: try object.bytes("y", count: 32))
        case Array("OKP".utf8):
            guard bytesEqual(curve, "Ed25519") else { throw .unsupportedCurve }
            self = .ed25519(x: try object.bytes("x", count: 32))
        case Array("RSA".utf8):
            let n = try object.bytes("n", count: nil)
            let e = try object.bytes("e", count: nil)
            if let weakness = RSAWeakness(n: n, e: e) { throw .weakRSA(weakness) }
            self = .rsa(n: n, e: e)
        default: throw .unsupportedKeyType
        }
    }
}

extension JSONObject {
    fileprivate func optionalString(_ name: String) throws(JWKError) -> String? {
        guard let value = self[name] else { return nil }
        guard let string = value.string else { throw .invalidMember(name) }
        return string
    }

    /// - Parameter count: The exact number of bytes; `nil` for a number without leading zeros (RFC 7518 §2).
    fileprivate func bytes(_ name: String, count: Int?) throws(JWKError) -> [UInt8] {
        guard let text = try optionalString(name), let bytes = Base64URL.decode(Array(text.utf8)[...]) else {
            throw .invalidMember(name)
        }
        if let count {
            guard bytes.count == count else { throw .invalidMember(name) }
        } else {
            guard let first = bytes.first, first != 0 else { throw .invalidMember(name) }
        }
        return bytes
    }
}
