package import OAuth
import Primitives

/// The `jti` of an access token of ours: 128 random bits (RFC 7519 §4.1.7).
package struct TokenID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the claim: 22 base64url characters in their one spelling.
    package init?(jti: String) {
        guard jti.utf8.count == 22, let bytes = Base64URL.decode(Array(jti.utf8)[...]) else { return nil }
        self.init(bytes: bytes)
    }

    /// - Parameter bytes: Exactly 16.
    package init?(bytes: [UInt8]) {
        guard let pair = ULID(bytes: bytes) else { return nil }
        self.init(high: pair.high, low: pair.low)
    }

    package var bytes: [UInt8] { ULID(high: high, low: low).bytes }
}

/// A single access token that is honoured no more, though its grant is.
package struct DeniedToken: Sendable, Hashable {
    package let id: TokenID
    /// When it may be forgotten: its `exp` and 60 s.
    package let until: NumericDate

    package init(id: TokenID, until: NumericDate) {
        self.id = id
        self.until = until
    }

    /// - Parameter expiry: `exp` of the token.
    package init(id: TokenID, expiry: NumericDate) {
        self.init(id: id, until: expiry.advanced(by: Self.margin))
    }

    /// Seconds that a token is denied past its `exp`, for verifiers whose clocks are late.
    package static let margin: Int64 = 60
}
