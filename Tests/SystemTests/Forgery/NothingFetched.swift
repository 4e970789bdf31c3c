import Foundation
import Glibc
import Testing

/// `strace` beside the running service.
private struct Trace {
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// Returns when every thread of the service is traced.
    init(_ booth: Booth, _ calls: String) throws {
        directory = try TemporaryDirectory()
        let service = booth.process.identifier
        process = try ChildProcess([
            FailingCalls.strace, "-f", "-q", "-o", directory.path + "/trace", "-p", String(service),
            "-e", "trace=" + calls,
        ])
        let tasks = "/proc/\(service)/task"
        let isAttached = eventually {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
            return threads.allSatisfy { thread in
                let status = FileManager.default.contents(atPath: "\(tasks)/\(thread)/status") ?? Data()
                return !String(decoding: status, as: UTF8.self).contains("TracerPid:\t0\n")
            } ? true : nil
        }
        try #require(isAttached == true && process.isRunning)
    }

    /// Its lines, after the service was let go.
    func end() -> [Substring] {
        process.signal(SIGTERM)
        // It may wait for a thread that waits for it.
        if process.wait(seconds: 2) == nil { process.signal(SIGKILL) }
        #expect(process.wait(seconds: 10) != nil)
        return directory.text(of: "trace").split(separator: "\n")
    }
}

@Suite(
    "Tokens that name keys and addresses of their own: RFC 8725 §3.10",
    .enabled(if: FailingCalls.isPossible)
)
struct NothingFetched {
    /// One request with the token for each input that takes one.
    private static func present(_ token: String, to booth: Booth, by key: MadeKey, _ subject: String) throws {
        let actor = [("actor_token", token), ("actor_token_type", TokenCall.accessTokenType)]
        let calls = [
            TokenCall(presenting: token, to: "introspect", key: key.secret),
            TokenCall(presenting: token, to: "revoke", key: key.secret),
            TokenCall(exchangingToken: token, key: key.secret),
            TokenCall(exchangingToken: subject, key: key.secret, actor),
        ]
        for call in calls { #expect(try booth.attempt(call).map { $0.status < 500 } == true) }
        #expect(try booth.attempt("GET", "keys", key: token) != nil)
        #expect(try booth.forward(token).status < 500)
    }

    // threats: JWT-04, JWT-05
    @Test
    func `no token makes the service open a file or a connection, at any input`() throws {
        let booth = try Booth()
        let key = try booth.makeKey()
        let subject = try booth.accessToken(key)
        let forgeries = try Forgeries(Forge(booth), of: subject)
        // One address where somebody answers, and one of a file.
        let addresses = ["\"http://127.0.0.1:\(booth.publicPort)/oauth2/jwks\"", #""file:///etc/passwd""#]
        let forged =
            try forgeries.all().filter { $0.name.hasPrefix("header") || $0.name.contains("key") }
            + forgeries.header("jku", addresses) + forgeries.header("x5u", addresses)
        // What is opened once, for the first request of its kind, is open.
        for _ in 0..<2 { try Self.present(booth.accessToken(key), to: booth, by: key, subject) }

        let trace = try Trace(booth, "%network,open,openat,openat2,creat,execve,io_uring_setup")
        for forgery in forged {
            try Self.present(String(decoding: forgery.token, as: UTF8.self), to: booth, by: key, subject)
        }
        // And one who does open a file, so that it is seen that this would be seen.
        booth.process.signal(SIGHUP)
        #expect(eventually { Booth.event("settings reloaded", in: booth.log) } != nil)
        let lines = trace.end()
        let end = try #require(lines.firstIndex { $0.contains("config.yaml") })
        let found = lines[..<end]
        #expect(found.count { $0.contains("accept4(") && !$0.contains("EAGAIN") } >= forged.count * 6)
        // The store's own files may be opened again at any time, and libdispatch looks how busy its threads are.
        let known = [booth.directory.path + "/data/", "\"/proc/"]
        let strange = found.filter { line in
            ["connect(", "socket(", "open(", "openat(", "openat2(", "creat(", "execve(", "io_uring_setup("]
                .contains { line.contains(" \($0)") } && !known.contains { line.contains($0) }
        }
        #expect(strange.isEmpty, "\(strange.joined(separator: "\n"))")
        booth.stop()
    }
}
