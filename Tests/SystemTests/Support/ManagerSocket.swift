import Glibc

/// The datagram socket of a service manager: a real one, bound to a path or to an abstract name.
final class ManagerSocket: Sendable {
    /// As `NOTIFY_SOCKET` has it.
    let name: String
    private let descriptor: Int32

    struct NotBound: Error { let reason: Int32 }

    /// - Parameter name: A path, or `@` and an abstract name.
    init(_ name: String) throws {
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NotBound(reason: errno) }
        var bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        let offset = MemoryLayout<sa_family_t>.size
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address) { memory in
            for (index, byte) in bytes.enumerated() { unsafe memory[offset + index] = byte }
        }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(descriptor, pointer, socklen_t(offset + bytes.count))
            }
        }
        guard result == 0 else { throw NotBound(reason: errno) }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The assignments of the next message, or `nil` when none has come in time.
    func next(seconds: Double = 10) -> [String: String]? {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&entry, 1, Int32(seconds * 1000)) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return [:] }
        var assignments: [String: String] = [:]
        for line in String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            assignments[String(parts[0])] = parts.count == 2 ? String(parts[1]) : nil
        }
        return assignments
    }

    /// The next message that assigns this name; those before it are thrown away.
    func next(with assignment: String, seconds: Double = 15) -> [String: String]? {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            guard let message = next(seconds: 0.1) else { continue }
            if message[assignment] != nil { return message }
        }
        return nil
    }

    /// How many messages assign this name within the time.
    func count(of assignment: String, seconds: Double) -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        var count = 0
        while ContinuousClock.now < end {
            if next(seconds: 0.05)?[assignment] != nil { count += 1 }
        }
        return count
    }
}
