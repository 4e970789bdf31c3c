import JOSE
import OAuth
import Primitives

/// What all tokens of one shape, one signing key and one status list begin with: encoded and hashed once.
///
/// The claims that differ from token to token stand behind those that do not, so that most of a token is copied.
final class TokenBeginning: Sendable {
    /// What a token that comes again and again is known by; the shape lives as long as its beginning is kept.
    struct Key: Hashable {
        private let shape: ObjectIdentifier
        private let list: StatusListID?

        init(_ shape: TokenShape, _ list: StatusListID?) {
            self.shape = ObjectIdentifier(shape)
            self.list = list
        }

        /// The address of an object that nobody outside chooses.
        func hash(into hasher: inout Hasher) { hasher.combine(shape) }
    }

    /// The JOSE header, a dot, and the claims as far as their letters cannot change by what follows.
    let text: [UInt8]
    /// The bytes of the claims behind `text`: at most two.
    let rest: [UInt8]
    let hashed: SHA256Beginning
    private let shape: TokenShape

    /// - Parameters:
    ///   - header: The first segment and its dot.
    ///   - claims: ``claims(_:_:issuer:)`` of the shape.
    init(_ shape: TokenShape, header: [UInt8], claims: [UInt8]) {
        self.shape = shape
        let whole = claims.count - claims.count % 3
        var text = header
        Base64URL.append(claims.span.extracting(0..<whole), to: &text)
        self.text = text
        rest = Array(claims[whole...])
        hashed = SHA256Beginning(text)
    }

    /// The claims from the opening brace on, up to the index in the status list or to the client's own.
    static func claims(_ shape: TokenShape, _ list: StatusListID?, issuer: String) -> [UInt8] {
        var json = shape.claims
        guard let list else { return json }
        // draft-ietf-oauth-status-list §6.1; the index is the last member, so that the address is in the beginning.
        json.append(ascii: "\"status\":{\"status_list\":{\"uri\":")
        JSONText.appendString(String(decoding: list.uri(issuer: issuer), as: UTF8.self), to: &json)
        json.append(ascii: ",\"idx\":")
        return json
    }
}
