/// A list of scope tokens as a request asks for it (RFC 6749 §3.3); never empty, duplicates collapsed.
package struct Scope: Sendable, Equatable {
    /// In the order asked for.
    package let tokens: [[UInt8]]

    /// A request for more scope tokens than this is refused unread.
    package static let maximumCount = 256

    /// - Throws: `invalid_scope` unless it is scope tokens of %x21 / %x23-5B / %x5D-7E, separated by one space.
    package init(parsing text: [UInt8]) throws(OAuthError) {
        var tokens: [[UInt8]] = []
        for token in text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
            guard !token.isEmpty, token.allSatisfy(Self.isScopeCharacter) else {
                throw OAuthError(.invalidScope, "scope must be scope tokens separated by single spaces")
            }
            let token = Array(token)
            if !tokens.contains(token) { tokens.append(token) }
            guard tokens.count <= Self.maximumCount else {
                throw OAuthError(
                    .invalidScope,
                    "more than \(Self.maximumCount) scope tokens were asked for: ask for fewer"
                )
            }
        }
        self.tokens = tokens
    }

    private static func isScopeCharacter(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != 0x22 && byte != 0x5C
    }
}
