import OAuth

/// Rows that are sent together, each with the number of its line in the file.
struct ImportBatch: Sendable {
    private(set) var numbers: [Int] = []
    private(set) var content: [UInt8] = []
    /// The keys of these rows; `nil` when a row is not written as an export writes it.
    private var ids: Set<KeyID>? = []
    /// Whatever other keys are named anywhere in the rows: their owners among them.
    private var named: Set<KeyID> = []

    /// As many rows as a request may have, and never more bytes.
    private static let (rows, bytes) = (2000, 4 << 20)

    private static let start = Array("{\"id\":\"".utf8)
    private static let length = 30

    /// - Returns: `nil` at the end of the file.
    init?(_ lines: inout LineReader) throws {
        while numbers.count < Self.rows, content.count < Self.bytes, let line = try lines.next() {
            numbers.append(line.number)
            content += line.text + [0x0A]
            note(line.text)
        }
        if numbers.isEmpty { return nil }
    }

    /// Whether these rows may come to the server before `other` is done: no key of them is created by one of those.
    func isIndependent(of other: ImportBatch) -> Bool {
        other.ids.map { named.isDisjoint(with: $0) } ?? false
    }

    private mutating func note(_ line: [UInt8]) {
        let first = Self.start.count
        guard line.starts(with: Self.start), line.count > first + Self.length,
            let own = KeyID(parsing: Array(line[first..<first + Self.length]))
        else {
            ids = nil
            return
        }
        ids?.insert(own)
        let prefix = Array("key_".utf8)
        var index = first + Self.length
        while index + Self.length <= line.count {
            defer { index += 1 }
            guard line[index] == prefix[0], line[index...].starts(with: prefix),
                let id = KeyID(parsing: Array(line[index..<index + Self.length])), id != own
            else { continue }
            named.insert(id)
        }
    }
}
