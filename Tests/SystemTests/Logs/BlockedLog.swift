import Glibc
import Primitives
import Testing

@Suite("A log that nobody reads")
struct BlockedLog {
    // threats: LOG-04
    @Test
    func `requests are answered and the server stops although its log is stuck`() throws {
        let directory = try TemporaryDirectory()
        try directory.file("config.yaml", "")
        let pipe = directory.path + "/pipe"
        #expect(unsafe mkfifo(pipe, 0o600) == 0)
        let reader = unsafe open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let process = try ChildProcess(Booth.command(in: directory.path), errors: pipe)
        var text: [UInt8] = []
        let ready = eventually(seconds: 20) {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe read(reader, &buffer, buffer.count)
            if count > 0 { text += buffer[..<count] }
            return Booth.event("ready", in: String(decoding: text, as: UTF8.self))
        }
        let address = try #require(ready?["public"]?.string)
        let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })

        // Some two hundred bytes of log each: many times what a pipe holds.
        let connection = try RawConnection(port: port)
        let request = Array((Booth.head("GET", "/healthz") + "\r\n").utf8)
        for _ in 0..<30 {
            connection.send([[UInt8]](repeating: request, count: 100).flatMap { $0 })
            for _ in 0..<100 { #expect(connection.response()?.status == 200) }
        }
        #expect(process.isRunning)
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 15) == .exited(0))
    }
}
