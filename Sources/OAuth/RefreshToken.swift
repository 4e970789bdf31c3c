import Primitives

/// A refresh token: `tbr_` and base64url of family, generation and tag; 60 characters in one spelling.
///
/// Having the value means that the form holds. Whether the tag is genuine only the family's row can tell, with
/// the refresh secret. It cannot be printed by accident: only ``secret`` shows it.
package struct RefreshToken: Sendable, Equatable {
    package let family: FamilyID
    /// 0 for the first of its family, one more for each that took its place.
    package let generation: UInt32
    /// 22 bytes: the beginning of an HMAC-SHA-256.
    package let tag: [UInt8]

    package static let prefix = Array("tbr_".utf8)
    package static let length = 60
    package static let tagLength = 22

    package init(family: FamilyID, generation: UInt32, tag: [UInt8]) {
        self.family = family
        self.generation = generation
        self.tag = tag
    }

    /// Accepts a well-formed token only.
    package init?(parsing text: [UInt8]) {
        guard text.count == Self.length, text.starts(with: Self.prefix),
            let bytes = Base64URL.decode(text[Self.prefix.count...]), bytes.count == 42,
            let family = ULID(bytes: bytes[..<16])
        else { return nil }
        self.family = FamilyID(family)
        generation = UInt32(bigEndianBytes: bytes[16..<20])
        tag = Array(bytes[20...])
    }

    /// All 60 characters.
    package var secret: [UInt8] {
        var content = family.ulid.bytes
        content.append(bigEndian: generation)
        content += tag
        return Self.prefix + Base64URL.encode(content)
    }

    /// True for anything that looks like a refresh token, well-formed or not: it must not be logged or echoed.
    package static func resembles(_ text: some Collection<UInt8>) -> Bool { text.starts(with: prefix) }

    /// True for a text that something like a refresh token may begin in, wherever.
    package static func mayOccur(in text: [UInt8]) -> Bool {
        text.indices.contains { resembles(text[$0...]) }
    }
}

extension RefreshToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "RefreshToken(redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
