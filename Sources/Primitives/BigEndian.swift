/// Integers as bytes, most significant first: the order of every format here, and the one that sorts.
///
/// For two widths and no others: a generic one would be called through a witness for each byte.
extension [UInt8] {
    package mutating func append(bigEndian word: UInt64) {
        unsafe Swift.withUnsafeBytes(of: word.bigEndian) { unsafe append(contentsOf: $0) }
    }

    package mutating func append(bigEndian word: UInt32) {
        unsafe Swift.withUnsafeBytes(of: word.bigEndian) { unsafe append(contentsOf: $0) }
    }
}

extension UInt64 {
    /// - Parameter bytes: Most significant first; of more than eight the last eight count.
    package init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension UInt32 {
    /// - Parameter bytes: Most significant first; of more than four the last four count.
    package init(bigEndianBytes bytes: ArraySlice<UInt8>) {
        self = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
