import Administration
import AuthorizationServer
import HTTPFrontEnd
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("usage.csv in parts")
struct UsageExportTests {
    private static let day: Int64 = 20_000

    /// An installation with five lines of usage: of one key on three days, and of another on two.
    private func desk(rowLimit: Int) async throws -> (AdminDesk, [KeyID]) {
        let desk = try await AdminDesk(usageRowLimit: rowLimit)
        var ids: [KeyID] = []
        for name in ["a", "b"] {
            let made = try await desk.ask(.createKey, body: #"{"name":"\#(name)"}"#)
            ids.append(
                try #require(try desk.json(made).object?["id"]?.string.flatMap { KeyID(parsing: $0) })
            )
        }
        var usage = KeyUsage()
        usage.exchanges = 7
        let lines: [(key: Int, day: Int64)] = [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
        var entries: [UsageEntry] = []
        for line in lines {
            let day = UsageDay(number: Self.day + line.day)
            entries.append(UsageEntry(key: .init(id: ids[line.key], day: day), usage: usage))
        }
        try await desk.store.add(entries)
        return (desk, ids)
    }

    /// All parts from the first, as each `Link` leads to the next.
    private func parts(_ desk: AdminDesk, _ query: [(String, String)] = []) async throws -> [AdminAnswer] {
        var parts: [AdminAnswer] = []
        var query: [(String, String)]? = query
        while let asked = query, parts.count < 10 {
            let part = try await desk.ask(.exportUsage, query: asked)
            #expect(part.status == 200)
            parts.append(part)
            query = try part.next.map { next in
                let halves = next.split(separator: "?")
                #expect(halves.first == "/admin/v1/usage.csv")
                return try #require(halves.last).split(separator: "&").map { pair in
                    let names = pair.split(separator: "=", maxSplits: 1)
                    return (String(names[0]), names.count > 1 ? String(names[1]) : "")
                }
            }
        }
        return parts
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6])
    func `the parts are the whole, and only the first has a header line`(rowLimit: Int) async throws {
        let (desk, _) = try await desk(rowLimit: rowLimit)
        let parts = try await parts(desk)
        #expect(parts.count == (5 + rowLimit - 1) / rowLimit)
        #expect(parts.dropLast().allSatisfy { $0.next != nil } && parts.last?.next == nil)
        for (number, part) in parts.enumerated() {
            let word = number == 0 ? "present" : "absent"
            #expect(part.contentType == "text/csv; charset=utf-8; header=\(word)")
            let lines = part.body.split(separator: 0x0A)
            let rows = number == parts.count - 1 ? 5 - number * rowLimit : rowLimit
            #expect(lines.count == rows + (number == 0 ? 1 : 0))
        }
        let (other, _) = try await self.desk(rowLimit: 10_000)
        let whole = try await other.ask(.exportUsage)
        #expect(whole.next == nil)
        // The identifiers differ, so that lines are compared without them.
        func lines(_ bytes: [UInt8]) -> [String] {
            String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map { line in
                line.split(separator: ",").enumerated().filter { ![1, 3].contains($0.offset) }
                    .map { String($0.element) }.joined(separator: ",")
            }
        }
        #expect(lines(parts.flatMap(\.body)) == lines(whole.body))
        #expect(lines(whole.body).dropFirst().first?.hasPrefix("2024-10-04,a,7,0,0") == true)
    }

    @Test
    func `the next part keeps the filter`() async throws {
        let (desk, ids) = try await desk(rowLimit: 1)
        let query = [("key", ids[0].description), ("from", "2024-10-05"), ("to", "2024-10-06")]
        let parts = try await parts(desk, query)
        #expect(parts.count == 2)
        for part in parts {
            let text = String(decoding: part.body, as: UTF8.self)
            #expect(text.contains(ids[0].description) && !text.contains(ids[1].description))
        }
    }

    @Test
    func `a limit is no parameter of it, and a part after the end has nothing`() async throws {
        let (desk, ids) = try await desk(rowLimit: 2)
        #expect(try await desk.ask(.exportUsage, query: [("limit", "1")]).status == 400)
        let end = Base64URL.encode(Array("\(Self.day + 9)/\(ids[1])".utf8))
        let last = try await desk.ask(
            .exportUsage,
            query: [("cursor", String(decoding: end, as: UTF8.self))]
        )
        #expect(last.status == 200 && last.body.isEmpty && last.next == nil)
        #expect(last.contentType == "text/csv; charset=utf-8; header=absent")
    }
}
