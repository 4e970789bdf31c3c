import Foundation
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
        func port(_ listener: String) throws -> UInt16 {
            try #require(ready?[listener]?.string?.split(separator: ":").last.flatMap { UInt16($0) })
        }

        // Some two hundred bytes of log each: many times what a pipe and the buffer hold.
        let connection = try RawConnection(port: port("public"))
        let request = Array((Booth.head("GET", "/healthz") + "\r\n").utf8)
        for _ in 0..<90 {
            connection.send([[UInt8]](repeating: request, count: 100).flatMap { $0 })
            for _ in 0..<100 { #expect(connection.response()?.status == 200) }
        }
        #expect(process.isRunning)
        let admin = try RawConnection(port: port("admin"))
        let dropped = eventually(seconds: 5) {
            admin.send(Array((Booth.head("GET", "/metrics") + "\r\n").utf8))
            return admin.response()?.text.firstMatch(
                of: /\ntokenbooth_log_lines_dropped_total ([1-9][0-9]*)\n/
            )
        }
        #expect(Int(dropped?.1 ?? "") ?? .max < 9_000, "some lines, but not those that the buffer took")
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 15) == .exited(0))
    }

    // threats: LOG-04
    @Test(arguments: ["2>/dev/full", "2>&-", "0<&- 2>&-"])
    func `a log that is full or closed loses its lines, and nothing else is written there`(
        redirection: String
    ) throws {
        let directory = try TemporaryDirectory()
        try directory.file("config.yaml", "")
        let shell = ["/bin/sh", "-c", "exec \"$@\" \(redirection)", "sh"]
        let process = try ChildProcess(
            shell + Booth.command(in: directory.path) + ["--dev"],
            output: directory.path + "/out"
        )
        let printed = try #require(
            eventually(seconds: 20) {
                directory.text(of: "out").firstMatch(
                    of: /-u ":([^"]+)" .* http:[^ ]+:([0-9]+)\/oauth2\/token/
                )
            }
        )
        for descriptor in 0...2 {
            let target = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(process.identifier)/fd/\(descriptor)"
            )
            #expect(["/dev/null", "/dev/full", directory.path + "/out"].contains(target))
        }
        let connection = try RawConnection(port: try #require(UInt16(printed.2)))
        let call = TokenCall(key: String(printed.1)).bytes
        for _ in 0..<100 {
            connection.send(call)
            #expect(connection.response()?.status == 200)
        }
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 15) == .exited(0))
        let again = try Booth(in: directory)
        #expect(try again.token(TokenCall(key: String(printed.1))).status == 200)
        again.stop()
    }

    // What is printed there must not end in the database, nor be lost without a word.
    @Test
    func `a command whose output is closed fails`() throws {
        let shell = ["/bin/sh", "-c", "exec \"$@\" >&-", "sh"]
        let command = try run(shell + [Booth.binary, "config", "show"])
        #expect(command.ending == .exited(1))
        #expect(command.text.contains("standard output"), "\(command.text)")
    }
}
