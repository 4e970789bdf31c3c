import Administration
import AuthorizationServer
import GRDB
import OAuth
import Primitives
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Denied tokens in the store: RFC 7009")
struct DenialTests {
    private let directory: TemporaryDirectory
    private let denylist = Denylist()
    private let board = StatusBoard()
    private let store: SQLiteStore
    private let now = StoreSample.now

    init() async throws {
        directory = try TemporaryDirectory()
        store = try Self.open(directory, denylist, board)
        try await store.fill([StoreSample.key(1), StoreSample.key(2)])
    }

    private static func open(_ directory: TemporaryDirectory, _ list: Denylist, _ board: StatusBoard) throws
        -> SQLiteStore
    {
        try SQLiteStore.open(directory: directory.path) { changes in
            for change in changes {
                if case .denied(let token) = change { list.insert(token) }
                if case .status(let reference, let value) = change { board.set(reference, to: value) }
            }
        }
    }

    private func token(_ number: Int, until end: Int64 = 100) -> DeniedToken {
        DeniedToken(
            id: TokenID(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number)),
            until: now.advanced(by: end)
        )
    }

    private func deny(
        _ token: DeniedToken,
        of owner: Int = 1,
        by client: Int = 1,
        project: ProjectID? = nil
    ) async throws -> RevocationOutcome {
        let denial = TokenDenial(
            token: token,
            owner: StoreSample.keyID(owner),
            right: RevocationRight(client: StoreSample.keyID(client), project: project),
            now: now
        )
        return try await withCheckedContinuation { continuation in
            store.deny(denial) { continuation.resume(returning: $0) }
        }.get()
    }

    // threats: REV-09
    @Test
    func `a denial is in memory and on the disk when it is answered`() async throws {
        #expect(try await deny(token(1)) == .done)
        #expect(denylist.contains(token(1).id))
        #expect(try await deny(token(1)) == .done)
        #expect(denylist.count == 1)
        store.close()
        let list = Denylist()
        let again = try Self.open(directory, list, board)
        #expect(try await again.isDenied(token(1).id))
        #expect(try await !again.isDenied(token(2).id))
        try await DenylistKeeper(list: list, store: again).load()
        #expect(list.isLoaded && list.answer(token(1).id, endingAt: token(1).until) == .denied)
        #expect(try await again.denials().count == 1)
        again.close()
    }

    // threats: REV-06
    @Test
    func `only the owner, or a key of its project that may, denies a token`() async throws {
        #expect(try await deny(token(1), of: 1, by: 2) == .notYours)
        #expect(
            try await deny(token(1), of: 1, by: 2, project: ProjectID(ULID(high: 9, low: 9))) == .notYours
        )
        #expect(denylist.count == 0)
        #expect(try await deny(token(1), of: 1, by: 2, project: StoreSample.project) == .done)
        #expect(try await deny(token(2), of: 77, by: 2) == .done)
        #expect(denylist.count == 1)
        store.close()
    }

    @Test
    func `both limits hold, and what has ended does not count for a key`() async throws {
        let owner = StoreSample.keyID(1).ulid.stored
        try await store.committer.commit { transaction in
            for number in 0..<DenialLimits.ofKey {
                let token = token(number, until: number == 0 ? -1 : 100)
                try transaction.execute(
                    "INSERT INTO deniedToken SELECT ?, ?, number FROM apiKey WHERE id = ?",
                    [token.id.stored, token.until.seconds, owner]
                )
            }
        }
        #expect(try await deny(token(5_000)) == .done)
        #expect(try await deny(token(5_001)) == .tooManyOfKey)
        #expect(try await deny(token(5_002), of: 2, by: 2) == .done)
        try await store.committer.commit { transaction in
            try transaction.execute("UPDATE deniedTotal SET count = ?", [DenialLimits.inAll])
        }
        #expect(try await deny(token(5_003), of: 2, by: 2) == .tooManyInAll)
        #expect(try await deny(token(5_002), of: 2, by: 2) == .done)
        #expect(try await !store.isDenied(token(5_003).id))
        store.close()
    }

    @Test
    func `what has ended is forgotten in small batches, here and in memory`() async throws {
        try await store.committer.commit { transaction in
            for number in 0..<3_000 {
                try transaction.execute(
                    "INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, 1)",
                    [token(number).id.stored, token(number).until.seconds]
                )
            }
            try transaction.execute("UPDATE deniedTotal SET count = 3000")
        }
        #expect(try await deny(token(9_999, until: 500), of: 2, by: 2) == .done)
        let keeper = DenylistKeeper(list: denylist, store: store)
        try await keeper.load()
        #expect(denylist.count == 3_001)
        #expect(try await store.forgetDeniedTokens(until: now.advanced(by: 99), limit: 1_024) == 0)
        let batch = try await store.forgetDeniedTokens(until: now.advanced(by: 100), limit: 64)
        #expect((32...64).contains(batch))
        try await keeper.forgetEnded(at: now.advanced(by: 100))
        #expect(denylist.count == 1)
        #expect(try await store.denials().count == 1)
        #expect(try await store.denials().forgottenUntil == now.advanced(by: 100))
        #expect(try await store.isDenied(token(9_999).id))
        store.close()
    }

    @Test
    func `loading goes on page by page`() async throws {
        try await store.committer.commit { transaction in
            for number in 0..<70_000 {
                try transaction.execute(
                    "INSERT INTO deniedToken (jti, until, apiKey) VALUES (?, ?, 1)",
                    [token(number).id.stored, token(number).until.seconds]
                )
            }
        }
        try await DenylistKeeper(list: denylist, store: store).load()
        #expect(denylist.count == 70_000)
        store.close()
    }

    @Test
    func `revoking a key by its secret ends its tokens`() async throws {
        let key = try #require(try await store.client(withID: StoreSample.keyID(1)))
        let status = try #require(key.status)
        #expect(board.value(status) == .valid)
        for digest in [SHA256.hash([1, 2, 3]), StoreSample.digest(1), StoreSample.digest(1)] {
            let outcome = try await withCheckedContinuation { continuation in
                store.revokeKey(digest, by: .system, at: now) { continuation.resume(returning: $0) }
            }.get()
            #expect(outcome == .done)
        }
        #expect(board.value(status) == .invalid)
        #expect(try await store.client(withID: StoreSample.keyID(1))?.isRevoked == true)
        #expect(try await store.client(withID: StoreSample.keyID(2))?.isRevoked == false)
        store.close()
    }
}
