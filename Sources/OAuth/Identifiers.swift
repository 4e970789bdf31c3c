import Primitives

/// A 128-bit identifier that sorts by its time of creation (ULID): 48 bits of milliseconds, 80 random bits.
///
/// Written as 26 lower-case characters of Crockford's base 32; one spelling only, so that an identifier
/// can be compared as text and as bytes alike.
package struct ULID: Sendable, Hashable, Comparable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameters:
    ///   - milliseconds: Unix time; the low 48 bits count.
    ///   - random: 10 bytes.
    package init(milliseconds: Int64, random: [UInt8]) {
        self.init(
            high: UInt64(truncatingIfNeeded: milliseconds) << 16 | UInt64(bigEndianBytes: random.prefix(2)),
            low: UInt64(bigEndianBytes: random.dropFirst(2))
        )
    }

    /// The next one in order, for a second identifier within the same millisecond.
    package var successor: ULID {
        let (low, carry) = low.addingReportingOverflow(1)
        return ULID(high: carry ? high &+ 1 : high, low: low)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.high != rhs.high ? lhs.high < rhs.high : lhs.low < rhs.low
    }

    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// The 26 characters.
    package var text: [UInt8] {
        var characters: [UInt8] = []
        characters.reserveCapacity(26)
        append(to: &characters)
        return characters
    }

    /// Appends the 26 characters.
    package func append(to text: inout [UInt8]) {
        let alphabet = Self.alphabet.span
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 26) { characters in
            var (high, low) = (high, low)
            for index in stride(from: 25, through: 0, by: -1) {
                unsafe characters[index] = alphabet[Int(low & 31)]
                low = low >> 5 | high << 59
                high >>= 5
            }
            unsafe text.append(contentsOf: UnsafeBufferPointer(characters))
        }
    }

    /// Reads exactly 26 lower-case characters.
    package init?(text: some Collection<UInt8>) {
        guard text.count == 26 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (index, character) in text.enumerated() {
            guard let value = Self.alphabet.firstIndex(of: character) else { return nil }
            guard index > 0 || value < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(value)
        }
        self.init(high: high, low: low)
    }
}

extension ULID {
    /// The 16 bytes, most significant first.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(16)
        output.append(bigEndian: high)
        output.append(bigEndian: low)
        return output
    }

    /// - Parameter bytes: Exactly 16.
    package init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndianBytes: bytes.prefix(8)),
            low: UInt64(bigEndianBytes: bytes.dropFirst(8))
        )
    }

    /// - Parameter bytes: Exactly 16.
    package init?(bytes: [UInt8]) { self.init(bytes: bytes[...]) }
}

/// What an identifier names: the prefix before its ULID.
package protocol IdentifierKind: Sendable {
    /// Three letters, without the underscore.
    static var prefix: String { get }
}

/// A public identifier: a prefix that tells its kind, an underscore and a ULID.
package struct Identifier<Kind: IdentifierKind>: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let ulid: ULID

    package init(_ ulid: ULID) { self.ulid = ulid }

    /// Reads the one spelling of an identifier.
    package init?(parsing text: String) { self.init(parsing: Array(text.utf8)) }

    package init?(parsing text: [UInt8]) {
        let prefix = Kind.prefix.utf8
        guard text.count == prefix.count + 27, text.starts(with: prefix),
            text[prefix.count] == UInt8(ascii: "_")
        else { return nil }
        guard let ulid = ULID(text: text[(prefix.count + 1)...]) else { return nil }
        self.ulid = ulid
    }

    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(32)
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends ``description``.
    package func append(to text: inout [UInt8]) {
        text.append(utf8: Kind.prefix)
        text.append(UInt8(ascii: "_"))
        ulid.append(to: &text)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.ulid < rhs.ulid }
}

package enum KeyKind: IdentifierKind { package static let prefix = "key" }
package enum ProjectKind: IdentifierKind { package static let prefix = "prj" }
package enum FamilyKind: IdentifierKind { package static let prefix = "fam" }
package enum BackupKind: IdentifierKind { package static let prefix = "bkp" }
package enum RoleKind: IdentifierKind { package static let prefix = "rol" }
package enum GroupKind: IdentifierKind { package static let prefix = "grp" }
package enum AuditEventKind: IdentifierKind { package static let prefix = "evt" }

/// The public identifier of an API key; also its OAuth `client_id` (RFC 6749 §2.2).
package typealias KeyID = Identifier<KeyKind>
package typealias ProjectID = Identifier<ProjectKind>
/// A refresh family: the first refresh token of one exchange and all that take its place (RFC 9700 §4.14.2).
package typealias FamilyID = Identifier<FamilyKind>
/// A copy of the database.
package typealias BackupID = Identifier<BackupKind>
/// A role: a name in tokens, and the scopes that it brings.
package typealias RoleID = Identifier<RoleKind>
/// A group of keys: a name in tokens.
package typealias GroupID = Identifier<GroupKind>
/// An event of the audit trail.
package typealias AuditEventID = Identifier<AuditEventKind>
