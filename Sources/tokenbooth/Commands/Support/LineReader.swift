import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The lines of a file that need not fit into memory; blank ones are left out.
struct LineReader {
    private let file: FileHandle
    private var buffer: [UInt8] = []
    private var position = 0
    private var number = 0
    private var isAtEnd = false

    /// Bytes of one line.
    private static let limit = 1 << 20

    /// - Parameter path: `-` for standard input.
    init(_ path: String) throws(FileError) {
        file = try FileHandle.open(path == "-" ? "/dev/stdin" : path, flags: O_RDONLY)
        guard try file.status().st_mode & S_IFMT != S_IFDIR else { throw .refused(path, "is a directory") }
    }

    /// - Returns: `nil` at the end.
    /// - Throws: ``FileError`` also for a line that is too long.
    mutating func next() throws(FileError) -> (number: Int, text: [UInt8])? {
        while true {
            guard let line = try line() else { return nil }
            number += 1
            if !line[...].isBlank { return (number, line) }
        }
    }

    private mutating func line() throws(FileError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) {
                defer { position = end + 1 }
                return Array(buffer[position..<end])
            }
            guard !isAtEnd else {
                defer { position = buffer.count }
                return position < buffer.count ? Array(buffer[position...]) : nil
            }
            buffer.removeSubrange(..<position)
            position = 0
            searched = buffer.count
            guard searched <= Self.limit else {
                throw .refused(file.path, "has a line of more than \(Self.limit) bytes")
            }
            let more = try file.readPart(1 << 16)
            isAtEnd = more.isEmpty
            buffer += more
        }
    }
}
