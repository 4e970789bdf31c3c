import Foundation

/// The disk of the real binary, which fails where a test says so; a preloaded library makes it.
struct FaultyDisk {
    enum Manner: Int {
        /// A read fails with EIO.
        case unreadable = 1
        /// A write ends after half of it; the rest can be written.
        case halved
        /// A write ends after half of it, and the next finds the disk full.
        case full
        /// A write to a file that has no name of its own yet finds the disk full.
        case unnamed
    }

    let environment: [String: String]
    private let file: String
    /// Whose life is the file's.
    private let directory: TemporaryDirectory

    init(in directory: TemporaryDirectory) throws {
        self.directory = directory
        file = try directory.file("disk", String(repeating: "\0", count: 40))
        environment = ["LD_PRELOAD": try Preload.library("disk"), "DISK_FILE": file]
    }

    /// - Parameters:
    ///   - number: Of the call that fails, from 1 on, counted from now over all threads.
    ///   - lasts: Whether all after it fail, too.
    func fail(_ manner: Manner, at number: Int = 1, lasts: Bool) throws {
        try write([manner.rawValue, number, lasts ? 1 : 0, 0, 0])
    }

    /// From now on nothing fails.
    ///
    /// - Returns: How many calls failed.
    func mend() throws -> Int {
        let failed = directory.bytes(of: "disk").suffix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        try write([0, 0, 0, 0, 0])
        return failed
    }

    private func write(_ numbers: [Int]) throws {
        let bytes = numbers.flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number.littleEndian >> ($0 * 8)) }
        }
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }
}
