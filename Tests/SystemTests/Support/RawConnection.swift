import Glibc
import Testing

/// A TCP connection that sends exactly the bytes it is given: no client library is in between.
final class RawConnection {
    private let socket: Int32
    private var received: [UInt8] = []
    /// Where what was not handed out yet begins.
    private var position = 0
    private let inspect: (HTTPResponse) -> Void
    /// The server has closed its side and everything was read.
    private(set) var isEnded = false

    struct NotConnected: Error { let reason: Int32 }

    /// - Parameters:
    ///   - receiveBuffer: Bytes that the kernel may keep for us; small ones make a slow reader.
    ///   - inspect: Shown every response that is read.
    init(port: UInt16, receiveBuffer: Int32? = nil, inspect: @escaping (HTTPResponse) -> Void = { _ in })
        throws
    {
        self.inspect = inspect
        // Not for the processes that other tests start meanwhile.
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw NotConnected(reason: errno) }
        if var size = receiveBuffer {
            _ = unsafe setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var isOn: Int32 = 1
        _ = unsafe setsockopt(
            socket,
            Int32(IPPROTO_TCP),
            TCP_NODELAY,
            &isOn,
            socklen_t(MemoryLayout<Int32>.size)
        )
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(socket, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // Closed by `deinit`, which runs when a complete object throws: twice would be somebody else's descriptor.
        guard result == 0 else { throw NotConnected(reason: errno) }
    }

    deinit { if socket >= 0 { Glibc.close(socket) } }

    /// Sends as much as the server takes within the time; a server that hangs up takes no more.
    ///
    /// - Parameter isReading: Whether answers are taken in meanwhile, so that neither side waits for the other.
    /// - Returns: How many bytes the kernel took.
    @discardableResult
    func send(_ bytes: [UInt8], seconds: Double = 10, isReading: Bool = true) -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        var sent = 0
        while sent < bytes.count {
            let events = wait(for: isReading && !isEnded ? POLLOUT | POLLIN : POLLOUT, until: end)
            guard events != 0 else { break }
            if events & POLLIN != 0, isReading, !isEnded { receive(until: end) }
            guard events & POLLOUT != 0 else { continue }
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    socket,
                    buffer.baseAddress.map { unsafe $0 + sent },
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                )
            }
            guard count > 0 || errno == EAGAIN else { break }
            sent += max(0, count)
        }
        return sent
    }

    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    /// Sends no more, but goes on reading.
    func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Ends the connection with a reset instead of a farewell.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Reads one response.
    ///
    /// - Parameter hasBody: False after HEAD.
    /// - Returns: `nil` when the server closed before it or took longer.
    func response(hasBody: Bool = true, seconds: Double = 10) -> HTTPResponse? {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            if let (response, length) = HTTPResponse.parse(received[position...], hasBody: hasBody) {
                position += length
                inspect(response)
                return response
            }
            guard receive(until: end) else { return nil }
        }
    }

    /// Whether the server ends the connection within the time, after whatever it still sends.
    func endsWithin(seconds: Double) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        while !isEnded, receive(until: end) {}
        return isEnded
    }

    /// Whether something waits to be read, the end of the connection included.
    var hasInput: Bool { isEnded || wait(for: POLLIN, until: .now) != 0 }

    /// Whether the server hangs up within the time although nothing of what it sends is read.
    func isHungUp(within seconds: Double) -> Bool {
        eventually(seconds: seconds) {
            var entry = pollfd(fd: socket, events: 0, revents: 0)
            return unsafe poll(&entry, 1, 100) == 1 ? true : nil
        } == true
    }

    /// Everything up to the end of the connection.
    func rest(seconds: Double = 10) -> [UInt8] {
        _ = endsWithin(seconds: seconds)
        defer { position = received.count }
        return Array(received[position...])
    }

    /// True when something arrived.
    @discardableResult
    private func receive(until end: ContinuousClock.Instant) -> Bool {
        guard !isEnded, wait(for: POLLIN, until: end) != 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { buffer in
            unsafe recv(socket, buffer.baseAddress, buffer.count, 0)
        }
        guard count > 0 else {
            isEnded = true
            return false
        }
        if position > 1 << 20 {
            received.removeFirst(position)
            position = 0
        }
        received += buffer[..<count]
        return true
    }

    /// What happened of the events, or 0 when the time was up; an error counts as all of them.
    private func wait(for events: Int32, until end: ContinuousClock.Instant) -> Int32 {
        let left = (end - ContinuousClock.now) / .milliseconds(1)
        var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
        guard unsafe poll(&entry, 1, max(0, Int32(left))) == 1 else { return 0 }
        let happened = Int32(entry.revents)
        return happened & (POLLERR | POLLHUP) != 0 ? events : happened
    }
}
