/// 32 bytes made by SHA-256, compared in constant time.
///
/// Four words instead of an array, so that a digest is a key of a dictionary without an allocation.
package struct SHA256Digest: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    private let fourth: UInt64

    /// - Returns: `nil` unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        first = UInt64(bigEndianBytes: bytes[..<8])
        second = UInt64(bigEndianBytes: bytes[8..<16])
        third = UInt64(bigEndianBytes: bytes[16..<24])
        fourth = UInt64(bigEndianBytes: bytes[24...])
    }

    /// - Parameter words: The digest as it lies in memory, whatever the machine's byte order.
    init(memory words: (UInt64, UInt64, UInt64, UInt64)) {
        first = UInt64(bigEndian: words.0)
        second = UInt64(bigEndian: words.1)
        third = UInt64(bigEndian: words.2)
        fourth = UInt64(bigEndian: words.3)
    }

    /// The digest, most significant byte first.
    package var bytes: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(32)
        output.append(bigEndian: first)
        output.append(bigEndian: second)
        output.append(bigEndian: third)
        output.append(bigEndian: fourth)
        return output
    }

    /// 64 digits, lower case.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    /// Bits for choosing a part of a divided table; others than those that the table itself hashes.
    package var partition: Int { Int(truncatingIfNeeded: fourth) }

    /// The first 8 bytes: enough to find it by in a table, though not to know it by.
    package var head: UInt64 { first }

    /// All bytes after ``head``, compared in constant time.
    package struct Tail: Sendable, Equatable {
        fileprivate let second: UInt64
        fileprivate let third: UInt64
        fileprivate let fourth: UInt64

        package static func == (left: Tail, right: Tail) -> Bool {
            (left.second ^ right.second) | (left.third ^ right.third) | (left.fourth ^ right.fourth) == 0
        }
    }

    package var tail: Tail { Tail(second: second, third: third, fourth: fourth) }

    /// Lends the bytes without an array.
    package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        var words = (first.bigEndian, second.bigEndian, third.bigEndian, fourth.bigEndian)
        return unsafe withUnsafeBytes(of: &words) { buffer in
            body(unsafe Span(_unsafeElements: buffer.assumingMemoryBound(to: UInt8.self)))
        }
    }

    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
        let difference =
            (left.first ^ right.first) | (left.second ^ right.second)
            | (left.third ^ right.third) | (left.fourth ^ right.fourth)
        return difference == 0
    }

    /// One word suffices: whoever could choose it could invert SHA-256 in 64 bits, and the hasher is seeded.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(first)
    }
}
