package import OAuth
import Primitives

/// Which keys a list shows; `nil` members do not filter.
package struct KeyFilter: Sendable {
    /// Only keys that this key created, and that key itself (what an admin may see); `nil` for all.
    package var visibleTo: KeyID?
    package var project: ProjectID?
    /// Exact, byte for byte.
    package var name: String?
    /// With what the name begins, byte for byte.
    package var namePrefix: String?
    package var status: KeyStatus?
    /// Which key created it.
    package var owner: KeyID?
    /// Held by itself or by a role.
    package var scope: String?
    package var role: RoleID?
    package var group: GroupID?
    /// Among its own; not its project's default.
    package var audience: String?
    /// Revoked keys are left out unless ``status`` asks for them or this is set.
    package var includesRevoked: Bool

    package init(
        visibleTo: KeyID? = nil,
        project: ProjectID? = nil,
        name: String? = nil,
        status: KeyStatus? = nil,
        includesRevoked: Bool = false
    ) {
        self.visibleTo = visibleTo
        self.project = project
        self.name = name
        self.status = status
        self.includesRevoked = includesRevoked
    }
}

/// In which order a list of keys comes; keys of one name in the order of their identifiers.
package struct KeyOrder: Sendable, Hashable {
    package enum Field: String, Sendable, CaseIterable {
        /// By identifier, which is the order of creation.
        case creation = "created_at"
        /// Byte by byte.
        case name
    }

    package var field: Field
    package var isDescending: Bool

    package init(_ field: Field, isDescending: Bool = false) {
        self.field = field
        self.isDescending = isDescending
    }

    package static let byCreation = KeyOrder(.creation)

    /// Reads the name of a field, with a minus before it for the other way round.
    package init?(parsing text: String) {
        isDescending = text.utf8.first == UInt8(ascii: "-")
        let name = isDescending ? String(text.dropFirst()) : text
        guard let field = Field.allCases.first(where: { bytesEqual($0.rawValue, name) }) else { return nil }
        self.field = field
    }

    /// Where a key stands in this order: what a cursor is made of.
    package struct Position: Sendable {
        package var id: KeyID
        /// Where names do not matter, empty.
        package var name: String
    }

    package func position(of key: KeyRecord) -> String {
        field == .name ? "\(key.id) \(key.name)" : key.id.description
    }

    /// - Returns: `nil` for what is no position in this order.
    package func position(parsing text: String) -> Position? {
        guard field == .name else { return KeyID(parsing: text).map { Position(id: $0, name: "") } }
        let bytes = Array(text.utf8)
        guard let space = bytes.firstIndex(of: UInt8(ascii: " ")), space + 1 < bytes.count,
            !bytes.contains(0), let id = KeyID(parsing: Array(bytes[..<space]))
        else { return nil }
        return Position(id: id, name: String(decoding: bytes[(space + 1)...], as: UTF8.self))
    }
}
