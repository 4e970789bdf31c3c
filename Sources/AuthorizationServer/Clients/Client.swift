package import OAuth
import Primitives

/// An API key as the cache holds it: its name, its state, and the policy that it shares with others.
///
/// A class, though nothing of it ever changes: it passes through every step of a request, and a reference is one word
/// to hand on. 104 bytes, since a million of them may be held: what few keys have stands apart.
package final class Client: Sendable {
    private final class Rarities: Sendable {
        let subject: [UInt8]?
        let secretExpiresAt: NumericDate?

        init?(_ record: ClientRecord) {
            let isOwnName = record.subject.utf8.elementsEqual(record.id.description.utf8)
            guard !isOwnName || record.secretExpiresAt != nil else { return nil }
            subject = isOwnName ? nil : Array(record.subject.utf8)
            secretExpiresAt = record.secretExpiresAt
        }
    }

    package let id: KeyID
    /// Of the digest that it was found by: the table has the rest.
    let digestTail: SHA256Digest.Tail
    package let policy: ClientPolicy
    /// `nil` for a key that may ask as often as it likes.
    package let limits: KeyLimits?
    private let rarities: Rarities?
    private let end: NumericDate
    /// 0: in none.
    private let statusList: Int64
    package let number: KeyNumber
    /// The place in its status list, of 17 bits, and above them ``enabledBit``.
    private let placeAndState: UInt32

    private static let never = NumericDate(.max)
    private static let enabledBit: UInt32 = 1 << 31

    package init(_ record: ClientRecord, policy: ClientPolicy, limits: KeyLimits? = nil) {
        id = record.id
        digestTail = record.digest.tail
        self.policy = policy
        self.limits = limits
        rarities = Rarities(record)
        end = record.expiresAt ?? Self.never
        statusList = record.status?.list.value ?? 0
        number = record.number
        let isEnabled = !record.isDisabled && !record.isRevoked
        placeAndState = UInt32(record.status?.index ?? 0) | (isEnabled ? Self.enabledBit : 0)
    }

    /// `sub` of its tokens; `nil` when it is the key id, as it mostly is.
    package var subject: [UInt8]? { rarities?.subject }
    package var expiresAt: NumericDate? { end == Self.never ? nil : end }
    /// When the secret that it was found by ends: a cached client needs no news of that.
    package var secretExpiresAt: NumericDate? { rarities?.secretExpiresAt }
    package var isEnabled: Bool { placeAndState & Self.enabledBit != 0 }

    /// Where the status of its tokens stands; `nil` for a key that has no place in a list yet.
    package var status: StatusReference? {
        StatusListID(statusList).flatMap { list in
            StatusReference(list: list, index: Int64(placeAndState & ~Self.enabledBit))
        }
    }
}
