import Administration
import AuthorizationServer
import OAuth
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("Many clients looked up at once")
struct ClientLookupsTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore.open(directory: directory.path, onChange: { _ in })
    }

    private typealias Found = Result<KeyID?, StoreUnavailable>

    /// What is found for keys of these numbers, asked for at once.
    private func lookUp(_ numbers: ClosedRange<Int>) async -> [Int: Found] {
        await withTaskGroup(of: (Int, Found).self) { [store] group in
            for number in numbers {
                group.addTask {
                    do throws(StoreUnavailable) {
                        let client = try await store.client(withDigest: StoreSample.digest(number))
                        return (number, .success(client?.id))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test
    func `each gets its own answer, and a stranger none`() async throws {
        try await store.fill([])
        try await store.write { writer in
            try writer.insert((1...300).map { StoreSample.key($0) }, at: StoreSample.now)
        }
        let found = await lookUp(1...600)
        #expect(found.count == 600)
        for (number, answer) in found {
            #expect(try answer.get() == (number <= 300 ? StoreSample.keyID(number) : nil))
        }
        store.close()
    }

    @Test
    func `all are told of the fault when the store is gone, and those who ask later too`() async throws {
        try await store.fill([StoreSample.key(1)])
        store.close()
        for _ in 1...2 {
            let found = await lookUp(1...200)
            #expect(found.count == 200)
            #expect(found.values.allSatisfy { if case .failure = $0 { true } else { false } })
        }
    }
}
