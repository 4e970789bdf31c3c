package import Primitives

/// A document of the issuer that a verifier follows.
package enum DocumentName: Hashable, Sendable {
    case keySet
    case revocations
    /// - Parameter address: Checked to be below the issuer's lists.
    case statusList(_ address: ByteString)
}

/// Why a document was not taken; the copy that is known stays.
struct DocumentFault: Error {
    let reason: String
    /// Whether a newer key set may help.
    var hasUnknownKey = false

    init(_ reason: String) { self.reason = reason }

    init(_ error: any Error) {
        self = error as? DocumentFault ?? DocumentFault(String(describing: error))
    }

    static var unknownKey: DocumentFault {
        var fault = DocumentFault("it is signed with an unknown key")
        fault.hasUnknownKey = true
        return fault
    }
}

/// How large documents may be, and how many there may be.
enum DocumentBounds {
    /// Bytes of a key set: some hundred keys.
    static let keySet = 64 << 10
    /// Bytes of a signed list: a part of the revocation list has at most 65 536 entries of 25 bytes, in base64url.
    static let list = 4 << 20
    /// Bytes of a status list when it is inflated: four times as many entries as the issuer's lists have.
    static let statuses = 128 << 10
    /// Parts of the revocation list: room for more than 10 000 000 revoked tokens.
    static let parts = 256
    /// Status lists held at once; the one that no token has named for longest makes room.
    static let statusLists = 256
    /// Seconds after which a status list is dropped that no token names.
    static let idle: Int64 = 600
}
