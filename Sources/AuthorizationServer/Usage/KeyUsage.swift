package import OAuth

/// What one key did on one day.
///
/// Forty bytes: there is one for each key in use, and a hundred thousand may be.
package struct KeyUsage: Sendable, Equatable {
    private var address = IPAddress(high: 0, low: 0)
    package var denials: [UsageDenial: Int64] = [:]
    private var exchangeCount: UInt32 = 0
    private var refreshCount: UInt32 = 0
    private var lastUse: UInt32 = 0

    /// Tokens by `client_credentials` and token exchange; since the last flush, so that 32 bits are plenty.
    package var exchanges: Int64 {
        get { Int64(exchangeCount) }
        set { exchangeCount = UInt32(clamping: newValue) }
    }

    package var refreshes: Int64 {
        get { Int64(refreshCount) }
        set { refreshCount = UInt32(clamping: newValue) }
    }

    /// The last request that its key has authenticated and that was answered; `nil` when all were denied.
    ///
    /// Until 2106, as Unix seconds in 32 bits.
    package var lastUsedAt: NumericDate? {
        get { lastUse == 0 ? nil : NumericDate(Int64(lastUse)) }
        set { lastUse = newValue.map { UInt32(clamping: max(1, $0.seconds)) } ?? 0 }
    }

    /// Where that came from, when that is known: no client has the unspecified address (RFC 4291 §2.5.2).
    package var lastUsedFrom: IPAddress? {
        get { address == IPAddress(high: 0, low: 0) ? nil : address }
        set { address = newValue ?? IPAddress(high: 0, low: 0) }
    }

    package init() {}

    package mutating func add(_ other: KeyUsage) {
        exchanges += other.exchanges
        refreshes += other.refreshes
        denials.merge(other.denials, uniquingKeysWith: +)
        guard let date = other.lastUsedAt, lastUsedAt.map({ $0 <= date }) ?? true else { return }
        lastUsedAt = date
        lastUsedFrom = other.lastUsedFrom
    }
}

/// Sixty-four bytes: one for each key in use.
package struct UsageEntry: Sendable {
    package struct Key: Sendable, Equatable {
        package let id: KeyID
        private let dayNumber: Int32
        /// No part of what two are compared by: some that count know it, and some do not.
        package let number: KeyNumber

        package init(id: KeyID, number: KeyNumber = .unknown, day: UsageDay) {
            self.id = id
            self.number = number
            dayNumber = Int32(clamping: day.number)
        }

        package var day: UsageDay { UsageDay(number: Int64(dayNumber)) }

        package static func == (left: Key, right: Key) -> Bool {
            left.id == right.id && left.dayNumber == right.dayNumber
        }

        /// The order of the rows.
        static func < (left: Key, right: Key) -> Bool {
            left.dayNumber != right.dayNumber ? left.dayNumber < right.dayNumber : left.id < right.id
        }
    }

    package let key: Key
    package internal(set) var usage: KeyUsage

    package init(key: Key, usage: KeyUsage) {
        self.key = key
        self.usage = usage
    }
}
