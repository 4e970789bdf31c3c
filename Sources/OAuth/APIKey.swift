package import Primitives

/// A static API key: `tbk_`, 30 random base62 characters, and 6 that check them.
///
/// Having the value means that form and checksum hold, so a mistyped key never reaches a look-up.
/// The secret cannot be printed by accident: only ``secret`` shows it, and ``hint`` is what lists show.
///
/// - 30 base62 characters are 178 bits; the check is CRC-32 (zlib's) of the 34 characters before,
///   most significant digit first.
package struct APIKey: Sendable {
    /// All 40 characters.
    package let secret: [UInt8]

    package static let prefix = Array("tbk_".utf8)
    package static let length = 40

    /// Accepts a well-formed key only.
    package init?(parsing bytes: [UInt8]) {
        guard bytes.count == Self.length, bytes.starts(with: Self.prefix) else { return nil }
        let letters = bytes.span
        for index in 4..<letters.count {
            switch letters[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"):
                continue
            default: return nil
            }
        }
        let check = crc32(letters.extracting(0..<34))
        guard Base62.isEncoded(check, as: letters.extracting(34..<letters.count)) else { return nil }
        secret = bytes
    }

    /// A new key from the system's random numbers.
    package static func generate() -> APIKey {
        let body = Self.prefix + Base62.random(30)
        return APIKey(unchecked: body + checksum(of: body))
    }

    private init(unchecked secret: [UInt8]) { self.secret = secret }

    private static func checksum(of body: [UInt8]) -> [UInt8] {
        Base62.encode(crc32(body), width: 6)
    }

    /// What is stored and looked up.
    ///
    /// A random secret of this size needs no slow hash.
    package var digest: SHA256Digest { SHA256.hash(secret) }

    /// The first 8 and the last 4 characters, for lists.
    package var hint: String {
        String(decoding: secret[..<8] + Array("…".utf8) + secret[36...], as: UTF8.self)
    }

    /// True for anything that looks like an API key, well-formed or not: it must not be logged or echoed.
    package static func resembles(_ text: some Collection<UInt8>) -> Bool { text.starts(with: prefix) }

    /// True for a text that something like an API key may begin in, wherever.
    package static func mayOccur(in text: [UInt8]) -> Bool {
        text.indices.contains { resembles(text[$0...]) }
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "APIKey(redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
