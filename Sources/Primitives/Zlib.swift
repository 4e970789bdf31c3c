import CZlib

/// The zlib format (RFC 1950), as status lists are compressed in.
package enum Zlib {
    /// Compresses at the highest level.
    ///
    /// - Returns: `nil` when zlib has no memory.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        let bound = Int(clamping: compressBound(uLong(bytes.count)))
        var length = uLong(bound)
        var status = Z_MEM_ERROR
        let output = unsafe [UInt8](unsafeUninitializedCapacity: bound) { buffer, initialized in
            unsafe bytes.withUnsafeBufferPointer { input in
                status = unsafe compress2(
                    buffer.baseAddress,
                    &length,
                    input.baseAddress,
                    uLong(input.count),
                    Z_BEST_COMPRESSION
                )
            }
            initialized = status == Z_OK ? min(Int(clamping: length), bound) : 0
        }
        return status == Z_OK ? output : nil
    }

    /// Undoes ``compress(_:)``.
    ///
    /// - Parameter limit: Bytes; what would be longer is refused, however short it comes.
    /// - Returns: `nil` for anything that is not one complete zlib stream within the limit.
    package static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        guard limit > 0 else { return nil }
        var length = uLong(limit)
        var consumed = uLong(bytes.count)
        var status = Z_MEM_ERROR
        let output = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
            unsafe bytes.withUnsafeBufferPointer { input in
                status = unsafe uncompress2(buffer.baseAddress, &length, input.baseAddress, &consumed)
            }
            initialized = status == Z_OK ? min(Int(clamping: length), limit) : 0
        }
        return status == Z_OK && consumed == uLong(bytes.count) ? output : nil
    }
}
