import Primitives
import Synchronization

/// The signed lists by which verifiers learn without asking that a token is honoured no more.
///
/// Shared by all event loops: a list is compressed and signed once, for everyone.
package final class ListPublisher: Sendable {
    private let board: StatusBoard
    private let denylist: Denylist
    private let signatures = Atomic<Int>(0)
    private let statusLists = Mutex<[StatusListID: SignedListSlot]>([:])
    private let revocations = Mutex(RevocationSlots())
    private let partsKeptAsText: Int

    /// The parts of the revocation list as it is divided now.
    private struct RevocationSlots {
        var count = 0
        var slots: [SignedListSlot] = []
        /// The changes of each part, and the number of all changes when they were added up.
        var changes: [(ofPart: UInt64, ofAll: UInt64)?] = []
    }

    /// There was no memory to compress in.
    struct CompressionFailure: Error {}

    /// The denied tokens are still being read from the store: a list that lacks some must not go out.
    package struct NotLoaded: Error {}

    /// - Parameter partsKeptAsText: When the revocation list has more parts, each of some two megabytes, they are
    ///   kept in half the room.
    package init(board: StatusBoard, denylist: Denylist, partsKeptAsText: Int = 16) {
        self.board = board
        self.denylist = denylist
        self.partsKeptAsText = partsKeptAsText
    }

    package var statusListCount: Int { board.ids.count }

    /// Lists signed since the start.
    package var signatureCount: Int { signatures.load(ordering: .relaxed) }

    package static let statusListPath = "/oauth2/status-lists"
    package static let revocationPath = "/oauth2/revocations"

    /// A status list token (draft-ietf-oauth-status-list §5.1).
    ///
    /// - Returns: `nil` for a list that is not ours.
    /// - Throws: Faults only.
    package func statusList(_ id: StatusListID, terms: ListTerms, at moment: Moment) throws -> SignedList? {
        guard let list = board.list(id) else { return nil }
        let slot = statusLists.withLock { slots in
            if let slot = slots[id] { return slot }
            let slot = SignedListSlot(type: "statuslist+jwt")
            slots[id] = slot
            return slot
        }
        return try slot.list(
            id.uri(issuer: terms.issuer),
            terms: terms,
            at: moment,
            changes: { list.changes }
        ) {
            let (bytes, changes) = list.snapshot
            signatures.wrappingAdd(1, ordering: .relaxed)
            guard let compressed = Zlib.compress(bytes) else { throw CompressionFailure() }
            var members: [UInt8] = []
            members.append(ascii: "\"status_list\":{\"bits\":2,\"lst\":\"")
            Base64URL.append(compressed, to: &members)
            members.append(ascii: "\"}")
            return SignedListSlot.Contents(claims: ListClaims(members: members), changes: changes)
        }
    }

    /// The addresses of all status lists, as JSON (draft-ietf-oauth-status-list §9.3).
    package func aggregation(issuer: String) -> [UInt8] {
        let lists = board.ids.map {
            JSONValue.string(String(decoding: $0.uri(issuer: issuer), as: UTF8.self))
        }
        return JSONValue.object(JSONObject([("status_lists", .array(lists))])).serialized
    }

    /// One part of the list of denied tokens; a large list has several, each with the address of the next.
    ///
    /// - Parameter part: `nil` for the first one.
    /// - Returns: `nil` when the list is not, or not any more, divided so.
    /// - Throws: ``NotLoaded`` for some seconds after the start, else faults only.
    package func revocations(
        _ part: RevocationPart?,
        terms: ListTerms,
        at moment: Moment
    ) throws -> SignedList? {
        guard denylist.isLoaded else { throw NotLoaded() }
        let count = denylist.partCount
        let index = part?.index ?? 0
        guard part.map({ $0.count == count && index > 0 }) ?? true, index < count else { return nil }
        let slot = revocations.withLock { parts in
            if parts.count != count {
                parts.count = count
                // The first part keeps its address, so its `iat` must go on.
                let first = parts.slots.first ?? SignedListSlot(type: "revocations+jwt")
                parts.slots =
                    [first] + (1..<max(1, count)).map { _ in SignedListSlot(type: "revocations+jwt") }
                parts.changes = Array(repeating: nil, count: parts.slots.count)
            }
            return parts.slots[index]
        }
        let base = { Array((terms.issuer + Self.revocationPath).utf8) }
        return try slot.list(
            base() + (part?.query ?? []),
            terms: terms,
            at: moment,
            changes: { changes(ofPart: index, of: count) }
        ) {
            // Before the tokens are read: one that comes meanwhile is a change still to come.
            let changes = changes(ofPart: index, of: count)
            signatures.wrappingAdd(1, ordering: .relaxed)
            var members: [UInt8] = []
            if index + 1 < count {
                members.append(ascii: "\"next\":")
                let next = base() + RevocationPart(index: index + 1, count: count).query
                JSONText.appendString(String(decoding: next, as: UTF8.self), to: &members)
                members.append(ascii: ",")
            }
            return SignedListSlot.Contents(
                claims: ListClaims(
                    members: members,
                    tokens: denylist.tokens(ofPart: index, of: count)
                ),
                changes: changes,
                isKeptAsText: count <= partsKeptAsText
            )
        }
    }

    /// Rises with every change of a part: added up over the list only when anything changed at all since the last time.
    private func changes(ofPart index: Int, of count: Int) -> UInt64 {
        // Read first: what comes after it is found by the next who asks.
        let all = denylist.changes
        return revocations.withLock { parts in
            // Another number of parts is a change of each, though no token came or went.
            let division = UInt64(count) << 48
            guard parts.count == count else {
                return denylist.changes(ofPart: index, of: count) &+ division
            }
            if let known = parts.changes[index], known.ofAll == all { return known.ofPart &+ division }
            let sum = denylist.changes(ofPart: index, of: count)
            parts.changes[index] = (sum, all)
            return sum &+ division
        }
    }
}

/// Which part of the revocation list, and of how many.
package struct RevocationPart: Sendable, Equatable {
    package let index: Int
    package let count: Int

    init(index: Int, count: Int) {
        self.index = index
        self.count = count
    }

    /// Reads the query of a part's address; one spelling only.
    package init?(query: some Collection<UInt8>) {
        let digits = query.split(whereSeparator: { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        guard query.count <= 24, digits.count == 2 else { return nil }
        let numbers = digits.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 2 else { return nil }
        self.init(index: numbers[0], count: numbers[1])
        guard self.query.elementsEqual([UInt8(ascii: "?")] + query) else { return nil }
    }

    /// With its question mark.
    package var query: [UInt8] { Array("?part=\(index)of\(count)".utf8) }
}

extension StatusListID {
    /// The list's address: `uri` of the tokens and `sub` of the list, byte for byte.
    package func uri(issuer: String) -> [UInt8] {
        Array((issuer + ListPublisher.statusListPath + "/").utf8) + text
    }
}
