/// Lists of scopes as rows of an export spell them, for an import reads many rows that have the same few.
struct SpelledScopes {
    /// Lists whose scopes have been read.
    var known: Set<ArraySlice<UInt8>> = []

    private static let name = Array("\"scopes\"".utf8)

    /// The bytes of the one list of scopes that a row has, from behind its bracket on.
    ///
    /// - Returns: `nil` where it cannot be found without reading the row as JSON: there is an escape, no list, or
    ///   another place with its name.
    static func list(in row: [UInt8]) -> ArraySlice<UInt8>? {
        let (name, bytes) = (name, row.span)
        var start: Int?
        var index = 0
        while index < bytes.count {
            defer { index += 1 }
            if bytes[index] == UInt8(ascii: "\\") { return nil }
            guard bytes[index] == UInt8(ascii: "\""), bytes.count - index > name.count + 2,
                bytes[index + 1] == UInt8(ascii: "s"), row[index...].starts(with: name)
            else { continue }
            index += name.count
            guard start == nil, bytes[index] == UInt8(ascii: ":"), bytes[index + 1] == UInt8(ascii: "[")
            else {
                return nil
            }
            start = index + 2
        }
        guard let start, let end = row[start...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
        return row[start..<end]
    }
}
