package import OAuth
import Synchronization

/// What a key with limits has used of them: two numbers that all event loops change without a lock.
///
/// It outlives the cached client: a key that is changed, or forgotten and read again, goes on where it was.
package final class LimitState: Sendable {
    /// What its count of tokens is a count of; `nil` when it was made for a key without a quota.
    package let period: TokenQuota.Period?
    /// As ``Pacer/judge(paidAt:at:)`` gave it.
    private let paidAt: Atomic<Int64>
    /// The index of the window in the upper 24 bits, the tokens issued in it below.
    private let issued: Atomic<UInt64>
    /// Of which quota it was told last that it is passed: the index of the window in the upper bits, the quota below.
    private let told = Atomic<Int64>(-1)

    private static let countBits: UInt64 = 40

    /// - Parameter issued: In the window of `index`.
    package init(
        paidAt: Int64 = 0,
        period: TokenQuota.Period? = nil,
        index: Int64 = 0,
        issued: Int64 = 0
    ) {
        self.period = period
        self.paidAt = Atomic(paidAt)
        self.issued = Atomic(Self.packed(index, issued))
    }

    package var debtPaidAt: Int64 { paidAt.load(ordering: .relaxed) }

    private static func packed(_ index: Int64, _ count: Int64) -> UInt64 {
        let limit: Int64 = 1 << countBits - 1
        return UInt64(min(max(index, 0), 1 << 24 - 1)) << countBits | UInt64(min(max(count, 0), limit))
    }

    private static func unpacked(_ word: UInt64) -> (index: Int64, count: Int64) {
        (Int64(word >> countBits), Int64(word & (1 << countBits - 1)))
    }

    // MARK: Rate

    package func spend(_ pacer: Pacer, at now: Uptime) -> Pacer.Verdict {
        var current = paidAt.load(ordering: .relaxed)
        while true {
            let verdict = pacer.judge(paidAt: current, at: now)
            let next = pacer.paidAt(after: verdict, current, at: now)
            guard next != current else { return verdict }
            let (isExchanged, original) = paidAt.weakCompareExchange(
                expected: current,
                desired: next,
                ordering: .relaxed
            )
            if isExchanged { return verdict }
            current = original
        }
    }

    /// Takes back one ``spend(_:at:)`` that conformed.
    package func refund(_ pacer: Pacer) {
        paidAt.wrappingSubtract(pacer.interval, ordering: .relaxed)
    }

    // MARK: Quota

    /// Tokens issued in that window, or in a later one: with a clock that goes back nothing is given twice.
    package func issued(in index: Int64) -> Int64 {
        let (current, count) = Self.unpacked(issued.load(ordering: .relaxed))
        return current >= index ? count : 0
    }

    /// Counts one token.
    ///
    /// - Parameter limit: `nil` counts without one.
    /// - Returns: How many it is with this one; `nil` when the limit was reached before, and nothing was counted.
    package func count(in index: Int64, upTo limit: Int64?) -> Int64? {
        var word = issued.load(ordering: .relaxed)
        while true {
            let (current, count) = Self.unpacked(word)
            let before = current >= index ? count : 0
            if let limit, before >= limit { return nil }
            let (isExchanged, original) = issued.weakCompareExchange(
                expected: word,
                desired: Self.packed(max(current, index), before + 1),
                ordering: .relaxed
            )
            if isExchanged { return before + 1 }
            word = original
        }
    }

    /// Counts at least so many tokens in the window of `index`, unless a later one has begun.
    package func raise(to count: Int64, in index: Int64) {
        var word = issued.load(ordering: .relaxed)
        while true {
            let (current, before) = Self.unpacked(word)
            guard current < index || current == index && before < count else { return }
            let (isExchanged, original) = issued.weakCompareExchange(
                expected: word,
                desired: Self.packed(index, count),
                ordering: .relaxed
            )
            if isExchanged { return }
            word = original
        }
    }

    /// - Returns: Whether this is the first time that the quota is passed in that window.
    package func tell(of quota: Int64, in index: Int64) -> Bool {
        let mark = index << 32 | quota
        return told.exchange(mark, ordering: .relaxed) != mark
    }

    /// Takes back one ``count(in:upTo:)``, unless the next window has begun.
    package func discount(in index: Int64) {
        var word = issued.load(ordering: .relaxed)
        while true {
            let (current, count) = Self.unpacked(word)
            guard current <= index, count > 0 else { return }
            let (isExchanged, original) = issued.weakCompareExchange(
                expected: word,
                desired: Self.packed(current, count - 1),
                ordering: .relaxed
            )
            if isExchanged { return }
            word = original
        }
    }
}
