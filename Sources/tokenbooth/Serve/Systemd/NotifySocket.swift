import Glibc

/// The datagram socket of the service manager (`sd_notify(3)`), kept open from the start: when there are no
/// descriptors left, it must still be possible to say so.
final class NotifySocket: Sendable {
    /// Why no message can be sent to where `NOTIFY_SOCKET` points.
    struct Mistake: Error, Sendable { let reason: String }

    private let descriptor: CInt
    /// As the kernel takes it: an abstract name begins with NUL, a path ends with one.
    private let name: [UInt8]

    private static let nameOffset = MemoryLayout<sa_family_t>.size
    private static let maximumName = MemoryLayout<sockaddr_un>.size - nameOffset

    /// - Parameter text: A path, or `@` and an abstract name.
    /// - Throws: ``Mistake`` for what is neither or too long, or when the system gives no socket.
    init(parsing text: String) throws(Mistake) {
        let bytes = Array(text.utf8)
        switch bytes.first {
        case UInt8(ascii: "/"): name = bytes + [0]
        case UInt8(ascii: "@"): name = [0] + bytes.dropFirst()
        default: throw Mistake(reason: "is neither a path nor an abstract name")
        }
        guard bytes.count > 1 else { throw Mistake(reason: "names nothing") }
        guard name.count <= Self.maximumName else { throw Mistake(reason: "is too long") }
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Mistake(reason: SystemError.text(errno)) }
        // A manager that reads nothing keeps us this long and no longer.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends one message, of one assignment a line.
    ///
    /// - Returns: `errno` when it did not arrive.
    func send(_ message: [UInt8]) -> CInt? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            for (index, byte) in name.enumerated() { unsafe bytes[Self.nameOffset + index] = byte }
        }
        let length = socklen_t(Self.nameOffset + name.count)
        while true {
            let sent = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe sendto(
                        descriptor,
                        message,
                        message.count,
                        CInt(MSG_NOSIGNAL),
                        pointer,
                        length
                    )
                }
            }
            if sent == message.count { return nil }
            let number = errno
            guard sent < 0, number == EINTR else { return number }
        }
    }
}
