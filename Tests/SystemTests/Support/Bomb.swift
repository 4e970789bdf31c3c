import Testing

/// A body that is a thousand times as long when it is decompressed: all zeros.
struct Bomb {
    let coding: String
    let bytes: [UInt8]

    static let codings = ["gzip", "deflate", "br", "zstd"]

    /// - Parameter size: Bytes, at most; a MiB makes a GiB.
    init(_ coding: String, size: Int) throws {
        let directory = try TemporaryDirectory()
        let made = try run([
            "/usr/bin/python3", "-c", Self.script, coding, "\(size)", directory.path + "/bomb",
        ])
        #expect(made.ending == .exited(0), "\(made.text)")
        self.coding = coding
        bytes = directory.bytes(of: "bomb")
        #expect((size * 9 / 10...size).contains(bytes.count))
    }

    /// zlib's for RFC 1951, piece by piece.
    ///
    /// A zstd block that repeats one byte has four (RFC 8878 §3.1.1.2); eight of
    /// Brotli's that each repeat four literals fill whole bytes (RFC 7932 §9.2), behind one bit for the window.
    private static let script = """
        import sys, zlib
        coding, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        zeros = bytes(1 << 20)
        def deflated():
            stream = zlib.compressobj(9, zlib.DEFLATED, -15)
            return stream.compress(zeros) + stream.flush(zlib.Z_FULL_FLUSH)
        def brotli():
            block = width = 0
            for value, bits in [(0, 3), (12287, 16), (0, 14), (1, 12), (1, 4), (423, 10), (1, 10), (10166, 24)]:
                block |= value << width
                width += bits
            return (sum(block << width * n for n in range(8)) << 1).to_bytes(width + 1, "little")[:width]
        def zstd():
            return (2 | 4096 << 3).to_bytes(4, "little")
        piece = {"gzip": deflated, "deflate": deflated, "br": brotli, "zstd": zstd}[coding]()
        count = (size - 32) // len(piece)
        if coding == "gzip":
            check = 0
            for _ in range(count):
                check = zlib.crc32(zeros, check)
            end = b"\\3\\0" + check.to_bytes(4, "little") + (count << 20).to_bytes(4, "little")
            ends = bytes.fromhex("1f8b0800000000000003"), end
        elif coding == "deflate":
            ends = b"\\x78\\xda", b"\\3\\0" + ((count << 20) % 65521 << 16 | 1).to_bytes(4, "big")
        elif coding == "zstd":
            ends = bytes.fromhex("28b52ffd0038"), b"\\1\\0\\0"
        else:
            ends = b"", b"\\6"
        open(path, "wb").write(ends[0] + piece * count + ends[1])
        """
}
