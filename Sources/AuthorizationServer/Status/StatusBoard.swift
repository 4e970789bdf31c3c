import Synchronization

/// The status of every grant, in memory; SQLite is the truth, and tells of each change before it is answered.
///
/// 32 KiB for each list of 131 072 grants, with a lock of its own.
package final class StatusBoard: Sendable {
    private let lists = Mutex<[StatusListID: StatusList]>([:])
    private let loaded = Atomic<Bool>(false)

    package init() {}

    /// Never waits for the store.
    ///
    /// Once loading is complete, a list that is not here is none of ours: INVALID.
    package func value(_ reference: StatusReference) -> StatusValue {
        guard let list = list(reference.list) else { return isLoaded ? .invalid : .valid }
        return list.value(reference.index)
    }

    package func set(_ reference: StatusReference, to value: StatusValue) {
        let list = lists.withLock { lists in
            if let known = lists[reference.list] { return known }
            let new = StatusList()
            lists[reference.list] = new
            return new
        }
        list.set(reference.index, to: value)
    }

    /// Takes up a list whose entries are all VALID, or, when it was withdrawn, INVALID for good.
    package func add(_ id: StatusListID, isWithdrawn: Bool) {
        let list = lists.withLock { lists in
            let list = lists[id] ?? StatusList()
            lists[id] = list
            return list
        }
        if isWithdrawn { list.withdraw() }
    }

    /// Everything that the store holds is here.
    package func finishLoading() { loaded.store(true, ordering: .releasing) }

    package var isLoaded: Bool { loaded.load(ordering: .acquiring) }

    /// All lists, in an order that says nothing of their age.
    package var ids: [StatusListID] { lists.withLock { $0.keys.sorted { $0.value < $1.value } } }

    func list(_ id: StatusListID) -> StatusList? { lists.withLock { $0[id] } }
}
