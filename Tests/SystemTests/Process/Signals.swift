import Foundation
import Glibc
import Primitives
import Testing

@Suite("Signals")
struct Signals {
    // threats: OPS-01
    @Test
    func `SIGTERM lets requests in flight finish, closes idle connections and exits 0`() throws {
        let booth = try Booth()
        let key = try booth.makeKey().secret
        // More than there are event loops: each of them has one.
        let idle = try (0...ProcessInfo.processInfo.activeProcessorCount).map { _ in try booth.connect() }
        for connection in idle {
            connection.send(Booth.head("GET", "/healthz") + "\r\n")
            #expect(connection.response()?.status == 200)
        }
        let busy = try booth.connect()
        let bytes = TokenCall(key: key).bytes
        busy.send(Array(bytes.dropLast(5)))
        let admin = try booth.connect(.admin)
        let body = "{\"name\":\"last\"}"
        let fields = [
            "Authorization: Bearer \(booth.rootKey)", "Content-Type: application/json",
            "Content-Length: \(body.utf8.count)",
        ]
        admin.send(Booth.head("POST", "/admin/v1/keys", fields) + "\r\n" + body.dropLast(3))
        // Both requests have arrived when a later one on another connection is answered.
        for _ in 0..<3 { #expect(try booth.get("/readyz").status == 200) }

        booth.process.signal(SIGTERM)
        for connection in idle { #expect(connection.endsWithin(seconds: 3)) }
        #expect(
            eventually(seconds: 3) { (try? RawConnection(port: booth.publicPort)) == nil ? true : nil }
                == true
        )
        // Each connection has its own few milliseconds, which may end after those of its neighbours.
        usleep(200_000)
        busy.send(Array(bytes.suffix(5)))
        admin.send(String(body.suffix(3)))
        let answer = busy.response()
        #expect(answer?.status == 200 && answer?["connection"] == "close")
        let created = admin.response()
        #expect(created?.status == 201 && created?["connection"] == "close")
        if let secret = created?.json?["key"]?.string { booth.canaries.add(secret) }
        #expect(busy.endsWithin(seconds: 2) && admin.endsWithin(seconds: 2))
        #expect(booth.process.wait(seconds: 12) == .exited(0))
        #expect(Booth.event("stopped", in: booth.log) != nil)
        AfterEachTest.searchLog(booth)
        AfterEachTest.searchFiles(booth)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `an idle server ends at once`(signal: Int32) throws {
        let booth = try Booth()
        let idle = try booth.connect()
        idle.send(Booth.head("GET", "/healthz") + "\r\n")
        _ = idle.response()
        booth.process.signal(signal)
        #expect(booth.process.wait(seconds: 4) == .exited(0))
    }

    // threats: OPS-03
    @Test
    func `a process that was stopped for a while goes on where it was`() throws {
        let booth = try Booth()
        let key = try booth.makeKey().secret
        let bytes = TokenCall(key: key).bytes
        let connections = try (0..<20).map { _ in try booth.connect() }
        for connection in connections { connection.send(Array(bytes.dropLast(5))) }
        #expect(try booth.get("/healthz").status == 200)
        booth.process.signal(SIGSTOP)
        for connection in connections { connection.send(Array(bytes.suffix(5)), isReading: false) }
        usleep(2_500_000)
        booth.process.signal(SIGCONT)
        for connection in connections { #expect(connection.response(seconds: 5)?.status == 200) }
        #expect(try booth.token(TokenCall(key: key)).status == 200)
        booth.stop()
    }

    @Test
    func `a key made before SIGKILL works after the next start`() throws {
        let booth = try Booth()
        let key = try booth.makeKey()
        booth.process.signal(SIGKILL)
        #expect(booth.process.wait(seconds: 5) == .signalled(SIGKILL))
        let again = try Booth(in: booth.directory)
        #expect(try again.token(TokenCall(key: key.secret)).status == 200)
    }

    // threats: OPS-08
    @Test(arguments: [
        "access_token_ttl: {default: 5}\n", "status_ttl: 0\nlog_level: LOUD\n", "nonsense: 1\n", "a: [\n",
        "trusted_proxies: [10.0.0.1/8]\n",
    ])
    func `SIGHUP with an invalid file leaves the old settings in force`(content: String) throws {
        let booth = try Booth(configuration: "access_token_ttl: {default: 120}\n")
        let key = try booth.makeKey().secret
        try booth.directory.file("config.yaml", content)
        booth.process.signal(SIGHUP)
        let event = eventually { Booth.event("settings not reloaded: the old ones stay", in: booth.log) }
        #expect(event?["level"]?.string == "error")
        let mistakes = content.contains("LOUD") ? 2 : 1
        let told = eventually {
            booth.log.split(separator: "\n").count { $0.contains("settings not reloaded") } == mistakes
                ? true : nil
        }
        #expect(told == true, "each mistake has a line of its own")
        #expect(try booth.token(TokenCall(key: key)).json?["expires_in"]?.integer == 120)
        try AfterEachTest.check(booth)
    }

    @Test
    func `SIGHUP with a valid file takes over lifetimes, proxies and log level`() throws {
        let booth = try Booth()
        let key = try booth.makeKey("\"allowed_ips\":[\"192.0.2.1\"]").secret
        var call = TokenCall(key: key)
        call.headers.append("X-Forwarded-For: 192.0.2.1")
        #expect(try booth.token(call).status == 401)
        try booth.directory.file(
            "config.yaml",
            "access_token_ttl: {default: 90}\ntrusted_proxies: [127.0.0.1]\n"
        )
        booth.process.signal(SIGHUP)
        #expect(eventually { Booth.event("settings reloaded", in: booth.log) } != nil)
        #expect(try booth.token(call).json?["expires_in"]?.integer == 90)
        try booth.directory.file("config.yaml", "access_token_ttl: {default: 91}\nlog_level: error\n")
        booth.process.signal(SIGHUP)
        #expect(eventually { try? booth.token(call).status == 401 ? true : nil } == true)
        try AfterEachTest.check(booth)
    }
}
