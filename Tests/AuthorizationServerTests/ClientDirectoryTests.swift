import OAuth
import Primitives
import Synchronization
import Testing

@testable import AuthorizationServer

@Suite("Clients in memory")
struct ClientDirectoryTests {
    /// A store whose answers can be changed and held back.
    private final class Shelf: ClientStore {
        struct State {
            var records: [SHA256Digest: ClientRecord] = [:]
            var reads = 0
            /// Called after a row was read and before it is given.
            var afterRead: (@Sendable () -> Void)?
        }
        let state = Mutex(State())

        func put(_ record: ClientRecord) { state.withLock { $0.records[record.digest] = record } }

        func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord? {
            let (record, afterRead) = state.withLock { state in
                state.reads += 1
                return (state.records[digest], state.afterRead)
            }
            afterRead?()
            return record
        }

        func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord? {
            state.withLock { $0.records.values.first { $0.id == id } }
        }
    }

    private let shelf = Shelf()
    private let directory: ClientDirectory

    init() { directory = ClientDirectory(store: shelf, issuer: "https://auth.example", capacity: 6_400) }

    private func isEnabled(_ digest: SHA256Digest) -> Bool? {
        if case .known(let client) = directory.cached(digest) { client.isEnabled } else { nil }
    }

    @Test
    func `what was read once is not read again until it changes`() async throws {
        let record = Sample.record()
        shelf.put(record)
        #expect(isEnabled(record.digest) == nil)
        _ = try await directory.load(record.digest, at: NumericDate(0))
        #expect(isEnabled(record.digest) == true)
        #expect(shelf.state.withLock { $0.reads } == 1)
        shelf.put(Sample.record { $0.isDisabled = true })
        directory.apply([.key(record.digest)])
        #expect(isEnabled(record.digest) == nil)
        _ = try await directory.load(record.digest, at: NumericDate(0))
        #expect(isEnabled(record.digest) == false)
        directory.apply([.everything])
        #expect(isEnabled(record.digest) == nil)
    }

    @Test
    func `a key that is made is not taken for the unknown one that it was`() async throws {
        let record = Sample.record()
        #expect(try await directory.load(record.digest, at: NumericDate(0)) == nil)
        guard case .unknown = directory.cached(record.digest) else {
            Issue.record("not remembered")
            return
        }
        shelf.put(record)
        directory.apply([.key(record.digest)])
        #expect(try await directory.load(record.digest, at: NumericDate(0)) != nil)
        #expect(isEnabled(record.digest) == true)
    }

    @Test(arguments: [true, false])
    func `a row that was read before a change and arrives after it is not kept`(ofAll: Bool) async throws {
        let record = Sample.record()
        shelf.put(record)
        let (shelf, directory) = (shelf, directory)
        shelf.state.withLock { state in
            state.afterRead = {
                shelf.put(Sample.record { $0.isDisabled = true })
                directory.apply(ofAll ? [.everything] : [.key(record.digest)])
            }
        }
        _ = try await directory.load(record.digest, at: NumericDate(0))
        #expect(isEnabled(record.digest) == nil)
        shelf.state.withLock { $0.afterRead = nil }
        _ = try await directory.load(record.digest, at: NumericDate(0))
        #expect(isEnabled(record.digest) == false)
    }

    @Test
    func `strangers' keys and known ones are bounded`() async throws {
        for number in 0..<20_000 {
            let record = Sample.record { $0.digest = SHA256.hash(Array("\(number)".utf8)) }
            if number % 2 == 0 { shelf.put(record) }
            _ = try await directory.load(record.digest, at: NumericDate(0))
        }
        var known = 0
        for number in 0..<20_000 where isEnabled(SHA256.hash(Array("\(number)".utf8))) == true { known += 1 }
        #expect(known > 3_000 && known <= 6_400 && directory.heldClients == known)
    }

    @Test
    func `a client says of itself what its record says`() throws {
        let list = try #require(StatusListID(.max))
        let places = try [0, 1, 131_071].map { try #require(StatusReference(list: list, index: $0)) }
        for (isDisabled, isRevoked) in [(false, false), (true, false), (false, true)] {
            for status in [nil] + places {
                let client = Sample.client { record in
                    (record.isDisabled, record.isRevoked, record.status) = (isDisabled, isRevoked, status)
                    record.number = KeyNumber(Int64(UInt32.max))
                }
                #expect(client.status == status && client.isEnabled == !(isDisabled || isRevoked))
                #expect(client.number.value == Int64(UInt32.max))
            }
        }
    }
}
