import Primitives

/// The JOSE headers of our own tokens, so that one that begins with such a header is not read letter by letter.
///
/// Any other header is read in full: what is accepted is the same, with this or without.
package struct KnownHeaders: Sendable {
    private struct Entry: Sendable {
        /// The first segment and its dot.
        let segment: [UInt8]
        let type: String
        let key: VerificationKey
    }

    private let entries: [Entry]

    /// - Parameter types: The values of `typ` that tokens of these keys have.
    package init(_ keys: [VerificationKey], types: [String]) {
        entries = keys.flatMap { key in
            types.map { type in
                let segment = Self.segment(algorithm: key.algorithm, type: type, kid: key.kid)
                return Entry(segment: segment, type: type, key: key)
            }
        }
    }

    /// The first segment of a token and its dot.
    package static func segment(algorithm: JWSAlgorithm, type: String, kid: String) -> [UInt8] {
        let header = "{\"alg\":\"\(algorithm.rawValue)\",\"typ\":\"\(type)\",\"kid\":\"\(kid)\"}"
        return Base64URL.encode(Array(header.utf8)) + [UInt8(ascii: ".")]
    }

    /// As ``CompactJWS/init(parsing:maximumSize:)``.
    package func parse(_ bytes: [UInt8], maximumSize: Int = 8192) throws(JWSError) -> CompactJWS {
        guard bytes.count <= maximumSize else { throw .tooLarge }
        guard let entry = entries.first(where: { bytes.starts(with: $0.segment) }) else {
            return try CompactJWS(parsing: bytes, maximumSize: maximumSize)
        }
        let rest = bytes[entry.segment.count...]
        guard let dot = rest.firstIndex(of: UInt8(ascii: ".")) else { throw .notThreeSegments }
        // A third dot is not base64url.
        guard dot > rest.startIndex, dot + 1 < rest.endIndex, let payload = Base64URL.decode(rest[..<dot]),
            let signature = Base64URL.decode(rest[(dot + 1)...])
        else { throw .notBase64URL }
        return CompactJWS(
            algorithm: entry.key.algorithm,
            kid: entry.key.kid,
            type: entry.type,
            payload: payload,
            signature: signature,
            signingInput: Array(bytes[..<dot])
        )
    }
}
