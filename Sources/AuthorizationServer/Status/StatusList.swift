import Synchronization

/// The values of one status list: two bits for each entry, the lowest first (draft-ietf-oauth-status-list §4.1).
final class StatusList: Sendable {
    private struct State {
        var bytes = [UInt8](repeating: 0, count: Int(StatusReference.listSize) / 4)
        /// Rises with every value that becomes another.
        var changes: UInt64 = 0
        var isWithdrawn = false
    }

    private let state = Mutex(State())

    func value(_ index: Int32) -> StatusValue {
        state.withLock { state in
            StatusValue(rawValue: state.bytes[Int(index) / 4] >> Self.shift(index) & 3) ?? .invalid
        }
    }

    /// In a withdrawn list nothing changes any more.
    func set(_ index: Int32, to value: StatusValue) {
        state.withLock { state in
            guard !state.isWithdrawn else { return }
            let shift = Self.shift(index)
            let old = state.bytes[Int(index) / 4]
            let new = old & ~(3 << shift) | value.rawValue << shift
            guard new != old else { return }
            state.bytes[Int(index) / 4] = new
            state.changes &+= 1
        }
    }

    /// Makes every entry INVALID, for good.
    func withdraw() {
        state.withLock { state in
            let all = StatusValue.invalid.rawValue * 0b0101_0101
            state.bytes = [UInt8](repeating: all, count: state.bytes.count)
            state.isWithdrawn = true
            state.changes &+= 1
        }
    }

    var changes: UInt64 { state.withLock { $0.changes } }

    /// All values and the number of changes that made them.
    var snapshot: (bytes: [UInt8], changes: UInt64) { state.withLock { ($0.bytes, $0.changes) } }

    private static func shift(_ index: Int32) -> UInt8 { UInt8(truncatingIfNeeded: index & 3) * 2 }
}
