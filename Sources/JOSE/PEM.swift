import CLibcrypto

enum PEM {
    /// What one of libcrypto's writers writes.
    ///
    /// - Parameter write: Returns 1 when it has written everything.
    static func encode(_ write: (OpaquePointer) -> Int32) throws(KeyError) -> [UInt8] {
        defer { ERR_clear_error() }
        // This kind clears its memory when it is freed.
        guard let sink = unsafe BIO_new(BIO_s_secmem()) else { throw .libraryFailure }
        defer { unsafe BIO_free(sink) }
        guard unsafe write(sink) == 1, let length = Int32(exactly: unsafe BIO_ctrl_pending(sink)) else {
            throw .libraryFailure
        }
        var pem = [UInt8](repeating: 0, count: Int(length))
        guard unsafe BIO_read(sink, &pem, length) == length else { throw .libraryFailure }
        return pem
    }
}
