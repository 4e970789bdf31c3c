import CLibcrypto
import Primitives

/// Private keys as PEM (RFC 7468).
///
/// The frame is looked at first, so that a refusal can say what is wrong with the file.
enum PrivateKeyPEM {
    /// Reads the one private key, PKCS#8 or SEC1 or PKCS#1.
    static func decode(_ pem: [UInt8]) throws(KeyError) -> EVPKey {
        try checkFrame(pem)
        defer { ERR_clear_error() }
        guard let length = Int32(exactly: pem.count) else { throw .unreadable }
        let key: OpaquePointer? = unsafe pem.withUnsafeBytes { buffer in
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, length) else { return nil }
            defer { unsafe BIO_free(source) }
            // Whoever has no passphrase to give must say so, or libcrypto asks the terminal.
            return unsafe PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in 0 }, nil)
        }
        guard let key = unsafe key else { throw .unreadable }
        return unsafe EVPKey(owning: key)
    }

    /// PKCS#8, unencrypted.
    static func encode(_ key: EVPKey) throws(KeyError) -> [UInt8] {
        try unsafe PEM.encode { sink in
            unsafe PEM_write_bio_PKCS8PrivateKey(sink, key.pointer, nil, nil, 0, nil, nil)
        }
    }

    private static func checkFrame(_ pem: [UInt8]) throws(KeyError) {
        guard !pem.starts(with: [0xEF, 0xBB, 0xBF]), !pem.starts(with: [0xFE, 0xFF]), !pem.starts(with: [0xFF, 0xFE])
        else { throw .byteOrderMark }
        guard !pem.contains(UInt8(ascii: "\r")) else { throw .carriageReturns }
        guard pem.contains(where: { $0 > 0x20 }) else { throw .empty }

        let lines = pem.split(separator: UInt8(ascii: "\n"))
        guard !lines.contains(where: { $0.starts(with: "Proc-Type: 4,ENCRYPTED".utf8) }) else { throw .encrypted }
        // `openssl ecparam -genkey` writes the curve in a block of its own.
        let begins = labels(in: lines, after: "-----BEGIN ").filter { $0 != "EC PARAMETERS" }
        let ends = labels(in: lines, after: "-----END ").filter { $0 != "EC PARAMETERS" }
        guard let label = begins.first else {
            throw lines.contains { $0.starts(with: "-----".utf8) } ? .truncated : .notPEM
        }
        guard begins.count == 1 else { throw .severalKeys }
        switch label {
        case "ENCRYPTED PRIVATE KEY": throw .encrypted
        case "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY": break
        case let other where other.hasSuffix("PRIVATE KEY"): throw .unsupportedType
        default: throw .publicOnly
        }
        guard ends == [label] else { throw .truncated }
    }

    private static func labels(in lines: [ArraySlice<UInt8>], after prefix: String) -> [String] {
        lines.filter { $0.starts(with: prefix.utf8) && $0.suffix(5).elementsEqual("-----".utf8) }
            .map { String(decoding: $0.dropFirst(prefix.utf8.count).dropLast(5), as: UTF8.self) }
    }
}
