import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

/// The sample store with its board, as a service has them that has just started.
private struct StatusDesk {
    let store: any StoreConformance.Store
    let log: ChangeLog
    let now = StoreSample.now

    func desk(_ number: Int = 1) async throws -> FamilyDesk {
        var desk = try await FamilyDesk(store, key: number)
        desk.policy.idle = 1_000
        return desk
    }

    func change(_ number: Int, at now: NumericDate, _ change: @escaping @Sendable (inout KeyRecord) -> Void)
        async throws
    {
        try await store.change { store in
            guard var key = try store.key(StoreSample.keyID(number)) else { return }
            change(&key)
            try store.update(key, at: now)
        }
    }

    func reference(_ number: Int) async throws -> StatusReference? {
        try await store.client(withID: StoreSample.keyID(number))?.status
    }

    /// What has been told of the key's entry.
    func value(_ number: Int) async throws -> StatusValue? {
        try await reference(number).flatMap { log.status($0) }
    }

    /// What a start at `now` would make of an entry.
    func loaded(at now: NumericDate) async throws -> StatusBoard {
        let board = StatusBoard()
        try await store.loadStatuses(into: board, at: now)
        return board
    }
}

extension StoreConformance {
    static let statusRules: [Rule] = [
        Rule("every key has an entry of its own from the beginning, and it is VALID") { store, log in
            try await store.fill((1...50).map { StoreSample.key($0) })
            let desk = StatusDesk(store: store, log: log)
            var entries: [StatusReference] = []
            for number in 1...50 {
                entries.append(try #require(await desk.reference(number)))
                #expect(try await desk.value(number) == .valid)
            }
            #expect(Set(entries).count == 50 && Set(entries.map(\.list)).count == 1)
            // Drawn at random: in order they would be once in 10^64.
            #expect(entries.map(\.index) != entries.map(\.index).sorted())
        },
        Rule("a status is told with the change that makes it, and a start finds the same") { store, log in
            try await store.fill((1...5).map { StoreSample.key($0) })
            let desk = StatusDesk(store: store, log: log)
            let now = desk.now
            try await desk.change(1, at: now) { $0.isDisabled = true }
            try await desk.change(2, at: now) { $0.revokedAt = now }
            try await desk.change(3, at: now) { $0.expiresAt = now }
            try await desk.change(4, at: now) { $0.isDisabled = true }
            try await desk.change(4, at: now) { $0.isDisabled = false }
            let board = try await desk.loaded(at: now)
            for (number, value) in [1: StatusValue.suspended, 2: .invalid, 3: .invalid, 4: .valid, 5: .valid]
            {
                #expect(try await desk.value(number) == value, "\(number)")
                #expect(board.value(try #require(await desk.reference(number))) == value, "\(number)")
            }
        },
        Rule("families follow their key, but one that was revoked by itself stays so") { store, log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            let desk = StatusDesk(store: store, log: log)
            let families = try await desk.desk()
            let (open, other) = (try await families.open(), try await desk.desk(2).open())
            let (first, second) = (try #require(open.grant), try #require(other.grant))
            let ended = try #require(try await families.open().token)
            let endedStatus = try #require(try await store.family(ended.family)?.family.status)
            #expect(Set([first.status, second.status, endedStatus, try await desk.reference(1)]).count == 4)
            #expect(try await families.revoke(ended) == .done)

            for (isDisabled, value) in [(true, StatusValue.suspended), (false, .valid)] {
                try await desk.change(1, at: desk.now) { $0.isDisabled = isDisabled }
                let board = try await desk.loaded(at: desk.now)
                for (status, value) in [
                    (first.status, value), (second.status, .valid), (endedStatus, .invalid),
                ] {
                    #expect(log.status(status) == value)
                    #expect(board.value(status) == value)
                }
            }
            try await desk.change(1, at: desk.now) { $0.revokedAt = StoreSample.now }
            #expect(log.status(first.status) == .invalid && log.status(second.status) == .valid)
            #expect(try await desk.loaded(at: desk.now).value(first.status) == .invalid)
        },
        Rule("what only time ends becomes INVALID when time is kept") { store, log in
            try await store.fill((1...2).map { StoreSample.key($0) })
            let desk = StatusDesk(store: store, log: log)
            let end = desk.now.advanced(by: 500)
            try await desk.change(1, at: desk.now) { $0.expiresAt = end }
            let ofEnding = try #require(try await desk.desk(1).open().grant).status
            let idle = try #require(try await desk.desk(2).open().grant).status
            try await store.keepStatuses(since: desk.now, at: end.advanced(by: -1))
            #expect(try await desk.value(1) == .valid && log.status(ofEnding) == .valid)
            try await store.keepStatuses(since: end.advanced(by: -1), at: end)
            #expect(try await desk.value(1) == .invalid && log.status(ofEnding) == .invalid)
            #expect(try await desk.value(2) == .valid && log.status(idle) == .valid)
            let later = desk.now.advanced(by: 1_000)
            try await store.keepStatuses(since: end, at: later)
            #expect(try await desk.value(2) == .valid && log.status(idle) == .invalid)
            let board = try await desk.loaded(at: later)
            #expect(board.value(idle) == .invalid && board.value(ofEnding) == .invalid)
        },
        Rule("an entry outlives the last token of a revoked key, then it is VALID and nobody's") {
            store,
            log in
            try await store.fill()
            let desk = StatusDesk(store: store, log: log)
            let entry = try #require(try await desk.reference(1))
            let family = try #require(try await desk.desk(1).open().grant).status
            try await desk.change(1, at: desk.now) { $0.revokedAt = StoreSample.now }
            let end = desk.now.advanced(by: StatusTimes.retention)
            try await store.keepStatuses(since: desk.now, at: end.advanced(by: -1))
            #expect(try await desk.reference(1) == entry && log.status(entry) == .invalid)
            try await store.keepStatuses(since: end.advanced(by: -1), at: end)
            #expect(try await desk.reference(1) == nil && log.status(entry) == .valid)
            // Until its own row goes, the family is as ended as its key.
            let board = try await desk.loaded(at: end)
            #expect(board.value(entry) == .valid && board.value(family) == .invalid)
        },
        Rule("an expired key that is to live again has its entry, or after a long time another") {
            store,
            log in
            try await store.fill()
            let desk = StatusDesk(store: store, log: log)
            let end = desk.now.advanced(by: 500)
            try await desk.change(1, at: desk.now) { $0.expiresAt = end }
            let entry = try #require(try await desk.reference(1))
            let family = try #require(try await desk.desk(1).open().grant).status
            try await store.keepStatuses(since: desk.now, at: end)
            try await desk.change(1, at: end) { $0.expiresAt = end.advanced(by: 100) }
            #expect(try await desk.reference(1) == entry && log.status(entry) == .valid)
            let late = end.advanced(by: 100 + StatusTimes.retention)
            try await store.keepStatuses(since: end, at: late)
            #expect(try await desk.reference(1) == nil)
            try await desk.change(1, at: late) { $0.expiresAt = nil }
            let next = try #require(try await desk.reference(1))
            #expect(next != entry && log.status(next) == .valid)
            #expect(log.status(family) == .invalid)
            #expect(try await desk.loaded(at: late).value(family) == .invalid)
        },
    ]
}
