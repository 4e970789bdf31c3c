import Primitives
import Synchronization

/// A status list as it was at one moment (draft-ietf-oauth-status-list §4).
struct StatusListCopy: Sendable {
    private let bytes: [UInt8]
    let entityTag: String?
    var times: ListTimes
    let use: UseMark

    /// - Parameter use: Of the copy before.
    init(_ list: SignedList, entityTag: String?, use: UseMark) throws(DocumentFault) {
        guard let status = list.claims["status_list"]?.object, status["bits"]?.integer == 2,
            let text = status["lst"]?.string
        else { throw DocumentFault("it has no status_list of 2 bits") }
        guard let compressed = Base64URL.decode(Array(text.utf8)[...]),
            let bytes = Zlib.decompress(compressed, limit: DocumentBounds.statuses)
        else { throw DocumentFault("its lst is no zlib stream of bounded size") }
        // Without the room that was made for the largest.
        self.bytes = Array(bytes[...])
        self.entityTag = entityTag
        times = list.times
        self.use = use
    }

    /// The two bits of an entry, the lowest first; `nil` beyond the end.
    func value(at index: Int) -> UInt8? {
        guard index >= 0, index / 4 < bytes.count else { return nil }
        return bytes[index / 4] >> UInt8(truncatingIfNeeded: index % 4 * 2) & 3
    }
}

/// When a token has last named a list; shared by all copies of it.
final class UseMark: Sendable {
    private let last: Atomic<Int64>

    /// - Parameter uptime: Milliseconds of ``Moment/uptime``.
    init(at uptime: Int64) { last = Atomic(uptime) }

    var lastUse: Int64 { last.load(ordering: .relaxed) }

    func mark(at uptime: Int64) {
        // Once a second is enough, and leaves the cache line to all cores.
        if uptime - lastUse >= 1000 { last.store(uptime, ordering: .relaxed) }
    }
}
