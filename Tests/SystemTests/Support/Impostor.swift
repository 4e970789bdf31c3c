import Foundation
import Glibc
import Synchronization

/// A server that is not ours and answers as it likes; it remembers every byte that it was sent.
final class Impostor: Sendable {
    let port: UInt16
    private let listener: Int32
    private let received = Mutex<[UInt8]>([])

    struct NotListening: Error { let reason: Int32 }

    /// - Parameter answer: The whole response to a request head; the connection ends behind it. `nil` hangs up.
    init(_ answer: @escaping @Sendable (String, Impostor) -> String?) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe bind(socket, pointer, length) == 0, listen(socket, 16) == 0 else {
                    return Int32(-1)
                }
                return unsafe getsockname(socket, pointer, &length)
            }
        }
        listener = socket
        port = UInt16(bigEndian: address.sin_port)
        guard result == 0 else { throw NotListening(reason: errno) }
        let descriptor = dup(socket)
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0, let self else { break }
                self.serve(connection, answer)
            }
            close(descriptor)
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Everything that was sent here.
    var text: String { received.withLock { String(decoding: $0, as: UTF8.self) } }

    private func serve(_ connection: Int32, _ answer: (String, Impostor) -> String?) {
        defer { close(connection) }
        var request: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
            let count = unsafe read(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            request += chunk[..<count]
            received.withLock { $0 += chunk[..<count] }
        }
        guard let response = answer(String(decoding: request, as: UTF8.self), self) else { return }
        var bytes = Array(response.utf8)[...]
        while !bytes.isEmpty {
            let sent = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(connection, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            bytes = bytes.dropFirst(sent)
        }
    }

    static func response(_ status: String, _ body: String, headers: [String] = []) -> String {
        let fields = [
            "Content-Type: application/json", "Content-Length: \(body.utf8.count)", "Connection: close",
        ]
        return "HTTP/1.1 \(status)\r\n" + (fields + headers).map { $0 + "\r\n" }.joined() + "\r\n" + body
    }
}
