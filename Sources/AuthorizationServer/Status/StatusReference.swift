import Primitives

/// The name of one status list, drawn at random so that none ever comes back (draft-ietf-oauth-status-list).
package struct StatusListID: Sendable, Hashable {
    /// 1 to 2^63 - 1.
    package let value: Int64

    package init?(_ value: Int64) {
        guard value > 0 else { return nil }
        self.value = value
    }

    /// Reads the 11 base64url characters of ``text``; one spelling only.
    package init?(text: [UInt8]) {
        guard text.count == 11, let bytes = Base64URL.decode(text[...]), bytes.count == 8 else {
            return nil
        }
        self.init(Int64(truncatingIfNeeded: UInt64(bigEndianBytes: bytes[...])))
    }

    /// The last segment of the list's URI.
    package var text: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt64(value))
        return Base64URL.encode(bytes)
    }
}

/// Where the status of one grant stands: the `status_list` of its tokens (draft-ietf-oauth-status-list §6.1).
package struct StatusReference: Sendable, Hashable {
    package let list: StatusListID
    /// 0 to 131 071.
    package let index: Int32

    /// Entries of every list, from its birth on.
    package static let listSize: Int32 = 131_072

    package init?(list: StatusListID, index: Int64) {
        guard (0..<Int64(Self.listSize)).contains(index) else { return nil }
        self.list = list
        self.index = Int32(index)
    }
}

/// The two bits of a status list (draft-ietf-oauth-status-list §7.1).
package enum StatusValue: UInt8, Sendable, CaseIterable {
    case valid = 0
    case invalid = 1
    case suspended = 2
}
