import OAuth
import Primitives
import Synchronization
import Testing

@testable import tokenbooth

@Suite("keys import: the parts of a file")
struct ImportBatchTests {
    private let scratch = Scratch()

    private func id(_ number: UInt64) -> KeyID { KeyID(ULID(high: 1, low: number)) }

    private func row(_ number: UInt64, owner: UInt64 = 0) -> String {
        #"{"id":"\#(id(number))","name":"n","subject":"\#(id(number))","owner":"\#(id(owner))"}"#
    }

    private func batches(_ text: String) throws -> [ImportBatch] {
        var lines = try LineReader(scratch.file("rows", text))
        var batches: [ImportBatch] = []
        while let batch = try ImportBatch(&lines) { batches.append(batch) }
        return batches
    }

    private func batch(_ rows: String...) throws -> ImportBatch {
        try #require(try batches(rows.joined(separator: "\n")).first)
    }

    @Test
    func `lines keep their numbers, blank ones are left out, and the last needs no line feed`() throws {
        let batch = try #require(try batches("\n\r\na\n \t\r\nb\r\nc").first)
        #expect(batch.numbers == [3, 5, 6])
        #expect(String(decoding: batch.content, as: UTF8.self) == "a\nb\r\nc\n")
        #expect(try batches("").isEmpty && batches("\n\n").isEmpty && batches("\r\n ").isEmpty)
    }

    @Test
    func `a part has at most two thousand rows`() throws {
        let text = String(repeating: row(1) + "\n", count: 4_001)
        #expect(try batches(text).map(\.numbers.count) == [2000, 2000, 1])
    }

    @Test
    func `a line past the limit is refused`() throws {
        #expect(throws: FileError.self) { try batches(String(repeating: "x", count: 1_200_000)) }
    }

    @Test
    func `a part that names a key of another waits for it`() throws {
        let first = try batch(row(1), row(2))
        #expect(try batch(row(3), row(4)).isIndependent(of: first))
        #expect(try !batch(row(3), row(4, owner: 2)).isIndependent(of: first))
        #expect(try first.isIndependent(of: batch(row(3, owner: 1))), "only what comes later waits")
        let foreign = try batch(#"{"name":"n","id":"\#(id(1))"}"#)
        #expect(try !batch(row(3)).isIndependent(of: foreign), "who knows which keys those are")
    }

    // The first part is still under way when the second and the third are done.
    @Test
    func `a part waits for whichever of those under way has a key that it names`() async throws {
        let rows = (1...6_000).map { row($0) } + [row(9_000, owner: 5)]
        var lines = try LineReader(scratch.file("rows", rows.joined(separator: "\n")))
        let answered = Mutex<[Int]>([])
        try await KeysImport.send(&lines) { batch in
            let first = batch.numbers[0]
            if first == 1 {
                while !answered.withLock({ $0.contains(4_001) }) {
                    try await Task.sleep(for: .milliseconds(1))
                }
                // Time enough for one that does not wait.
                try await Task.sleep(for: .milliseconds(200))
            }
            answered.withLock { $0.append(first) }
            return []
        } done: { _ in
        }
        let order = answered.withLock { $0 }
        #expect(order == [2_001, 4_001, 1, 6_001])
    }
}
