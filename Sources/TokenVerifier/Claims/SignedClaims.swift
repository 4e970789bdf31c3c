import OAuth
import Primitives

/// The claims of a JWT that a known key has signed, read without trusting them to be an access token's.
struct SignedClaims: Sendable {
    let payload: [UInt8]
    let object: JSONObject

    init(parsing payload: [UInt8]) throws(TokenRefusal) {
        guard case .object(let object)? = try? JSONValue(parsing: payload) else {
            throw .malformed("the claims are not a JSON object")
        }
        self.payload = payload
        self.object = object
    }

    func require(issuer: String) throws(TokenRefusal) {
        guard let name = object["iss"]?.string, bytesEqual(name, issuer) else { throw .wrongIssuer }
    }

    /// A token that is bound to a key of its client is good only with a proof, and nobody asks for one here.
    func refuseBinding() throws(TokenRefusal) {
        guard object["cnf"] == nil else { throw .malformed("it is bound to a key") }
    }

    /// One text, or an array of at least one (RFC 7519 §4.1.3).
    func audiences() throws(TokenRefusal) -> [String] {
        switch object["aud"] {
        case .string(let audience): return [audience]
        case .array(let elements):
            let audiences = elements.compactMap(\.string)
            guard audiences.count == elements.count else { throw .malformed("aud is not an array of texts") }
            return audiences
        default: throw .malformed("aud is missing or no text")
        }
    }

    /// `iat` and `exp`, and `nbf` when it is there: whole seconds.
    func dates(
        at now: NumericDate,
        skew: Int64
    ) throws(TokenRefusal) -> (issuedAt: Int64, expiresAt: Int64) {
        let issuedAt = try date("iat")
        let expiresAt = try date("exp")
        guard issuedAt < expiresAt else { throw .malformed("exp is not after iat") }
        guard now < expiresAt.advanced(by: skew) else { throw .expired }
        let latest = now.advanced(by: skew)
        guard issuedAt <= latest else { throw .notYetValid }
        if object["nbf"] != nil {
            guard try date("nbf") <= latest else { throw .notYetValid }
        }
        return (issuedAt.seconds, expiresAt.seconds)
    }

    private func date(_ name: String) throws(TokenRefusal) -> NumericDate {
        guard let seconds = object[name]?.integer, seconds >= 0 else {
            throw .malformed("\(name) is not a whole number of seconds")
        }
        return NumericDate(seconds)
    }

    func text(_ name: String) throws(TokenRefusal) -> String {
        guard let text = try optionalText(name), !text.isEmpty else {
            throw .malformed("\(name) is missing or empty")
        }
        return text
    }

    func optionalText(_ name: String) throws(TokenRefusal) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string else { throw .malformed("\(name) is not a text") }
        return text
    }

    func scopes() throws(TokenRefusal) -> [String] {
        let tokens = try optionalText("scope")?.utf8.split(separator: 0x20) ?? []
        return tokens.map { String(decoding: $0, as: UTF8.self) }
    }

    func names(_ name: String) throws(TokenRefusal) -> [String] {
        guard let value = object[name] else { return [] }
        let names = value.array?.compactMap(\.string)
        guard let names, names.count == value.array?.count else {
            throw .malformed("\(name) is not an array of texts")
        }
        return names
    }

    /// The chain of `act` (RFC 8693 §4.1); the depth of JSON bounds its length.
    func actors() throws(TokenRefusal) -> [String] {
        var actors: [String] = []
        var claim = object["act"]
        while let current = claim {
            guard let actor = current.object, let subject = actor["sub"]?.string, !subject.isEmpty else {
                throw .malformed("act is not a chain of actors")
            }
            actors.append(subject)
            claim = actor["act"]
        }
        return actors
    }

    /// `status.status_list` (draft-ietf-oauth-status-list §6.1).
    ///
    /// - Parameter prefix: The addresses of the issuer's lists begin so, and one name follows: what a token says can
    ///   lead nowhere else.
    func status(listsUnder prefix: String) throws(TokenRefusal) -> StatusReference? {
        guard let claim = object["status"] else { return nil }
        guard let entry = claim.object?["status_list"]?.object,
            let index = entry["idx"]?.integer.flatMap({ Int(exactly: $0) }), index >= 0,
            let uri = entry["uri"]?.string, uri.utf8.starts(with: prefix.utf8),
            Self.isName(uri.utf8.dropFirst(prefix.utf8.count))
        else { throw .malformed("its status names no list of the issuer") }
        return StatusReference(list: ByteString(uri), index: index)
    }

    private static func isName(_ text: Substring.UTF8View) -> Bool {
        (1...64).contains(text.count)
            && text.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

/// Where the status of a token stands.
struct StatusReference: Sendable {
    /// The address of the list.
    let list: ByteString
    /// 0 and up; the list says how far.
    let index: Int
}

/// The 128 bits of a `jti`.
struct TokenIdentifier: Sendable, Comparable {
    let high: UInt64
    let low: UInt64

    /// Reads the 22 base64url characters of 16 bytes; one spelling only.
    init?(_ text: String) {
        guard text.utf8.count == 22, let bytes = Base64URL.decode(Array(text.utf8)[...]), bytes.count == 16
        else { return nil }
        high = UInt64(bigEndianBytes: bytes[..<8])
        low = UInt64(bigEndianBytes: bytes[8...])
    }

    static func < (left: TokenIdentifier, right: TokenIdentifier) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }
}
