import Glibc
import Testing

/// Thousands of connections of clients that do as little as they can, driven without threads by whoever holds it.
final class Crowd {
    /// What is polled; the socket of a member that has ended is -1.
    private var members: [pollfd] = []
    private var begun: [ContinuousClock.Instant] = []
    private var next = 0
    /// Seconds from the first byte of each member that the server has let go to its end.
    private(set) var endings: [Double] = []
    /// What the members got, all together.
    private(set) var received = 0

    var standing: Int { members.count - endings.count }

    /// As many as wanted and the descriptors of one process allow, for this process and for a server of its kind, which
    /// gives seven eighths of what it has to spare to clients like these.
    ///
    /// Raises the limit as far as it goes, and says when that is not far enough.
    static func size(wanted: Int) -> Int {
        var files = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        files.rlim_cur = files.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        let size = min(wanted, (Int(clamping: files.rlim_cur) - 600) / 8 * 7)
        if size < wanted { print("a crowd of \(size) instead of \(wanted): the limit is \(files.rlim_cur)") }
        return size
    }

    /// Connects them, with a source address for each five thousand, and sends the same first bytes on each.
    ///
    /// - Parameter receiveBuffer: Bytes that the kernel may keep for a member that does not read.
    init(_ count: Int, port: UInt16, first: [UInt8], receiveBuffer: Int32? = nil) throws {
        // No array of these may move while the kernel looks at it, and none grows later.
        members.reserveCapacity(count)
        for index in 0..<count {
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard socket >= 0 else { throw RawConnection.NotConnected(reason: errno) }
            members.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0))
            if let receiveBuffer { set(socket, SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
            // The port is chosen when it is known where to: twice the same for two destinations is no clash.
            set(socket, Int32(IPPROTO_IP), 24 /* IP_BIND_ADDRESS_NO_PORT */, 1)
            let source = Self.address(host: 0x7F00_0002 + UInt32(index / 5_000), port: 0)
            let target = Self.address(host: 0x7F00_0001, port: port)
            guard unsafe Self.call(bind, socket, source) == 0, unsafe Self.call(connect, socket, target) == 0
            else {
                throw RawConnection.NotConnected(reason: errno)
            }
            begun.append(.now)
            send(first, to: index)
        }
    }

    deinit { for member in members where member.fd >= 0 { close(member.fd) } }

    /// Takes in what has happened since; with `isReading` false nothing is read, and only the end is noticed.
    func attend(isReading: Bool = true) {
        for index in members.indices { members[index].events = isReading ? Int16(POLLIN) : 0 }
        guard unsafe poll(&members, nfds_t(members.count), 0) > 0 else { return }
        let now = ContinuousClock.now
        for index in members.indices where members[index].fd >= 0 && members[index].revents != 0 {
            if isReading, !isEnded(members[index].fd) { continue }
            close(members[index].fd)
            members[index].fd = -1
            endings.append((now - begun[index]) / .seconds(1))
        }
    }

    /// Takes in what has arrived, and sends the bytes to whoever got something.
    ///
    /// - Returns: How many did.
    func attend(answering bytes: [UInt8]) -> Int {
        for index in members.indices { members[index].events = Int16(POLLIN) }
        guard unsafe poll(&members, nfds_t(members.count), 0) > 0 else { return 0 }
        let ready = members.indices.filter { members[$0].fd >= 0 && members[$0].revents != 0 }
        for index in ready {
            if isEnded(members[index].fd) {
                close(members[index].fd)
                members[index].fd = -1
                endings.append((.now - begun[index]) / .seconds(1))
            } else {
                send(bytes, to: index)
            }
        }
        return ready.count
    }

    /// Sends the bytes to the next so many members, in turn.
    func trickle(_ bytes: [UInt8], to count: Int) {
        for _ in 0..<min(count, members.count) {
            if members[next].fd >= 0 { send(bytes, to: next) }
            next = (next + 1) % members.count
        }
    }

    /// All send no more, and would go on reading.
    func finishSending() {
        for member in members where member.fd >= 0 { shutdown(member.fd, Int32(SHUT_WR)) }
    }

    /// Lets all go at once, with a reset and not with a farewell.
    func reset() {
        for index in members.indices where members[index].fd >= 0 {
            var option = linger(l_onoff: 1, l_linger: 0)
            let size = socklen_t(MemoryLayout<linger>.size)
            _ = unsafe setsockopt(members[index].fd, SOL_SOCKET, SO_LINGER, &option, size)
            close(members[index].fd)
            members[index].fd = -1
        }
    }

    private func isEnded(_ socket: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return count == 0 || errno != EAGAIN }
            received += count
        }
    }

    private func send(_ bytes: [UInt8], to index: Int) {
        _ = unsafe Glibc.send(
            members[index].fd,
            bytes,
            bytes.count,
            Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        )
    }

    private func set(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func address(host: UInt32, port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        return address
    }

    private static func call(
        _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32,
        _ socket: Int32,
        _ address: sockaddr_in
    ) -> Int32 {
        unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe function(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
