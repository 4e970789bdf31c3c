import Foundation
import Glibc
import Testing

/// The real binary whose disk fails: `strace` makes every write and sync of it end with EIO.
@Suite("A store that fails under a running service")
struct StoreFaults {
    /// Unchecked, since here failures are what is asked for.
    private static func status(_ text: String, _ port: UInt16) throws -> HTTPResponse {
        let connection = try RawConnection(port: port)
        connection.send(Array(text.utf8))
        return try #require(connection.response())
    }

    private static func get(_ booth: Booth, _ path: String) throws -> HTTPResponse {
        try status(Booth.head("GET", path, ["Connection: close"]) + "\r\n", booth.publicPort)
    }

    private static func count(_ name: String, _ booth: Booth) throws -> Int? {
        try booth.get("/metrics", from: .admin).text.split(separator: "\n")
            .first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Int($0) }
    }

    private static func createKey(_ booth: Booth) throws -> HTTPResponse {
        let body = #"{"name":"made while the disk fails"}"#
        let fields = [
            "Authorization: Bearer \(booth.rootKey)", "Content-Type: application/json",
            "Content-Length: \(body.utf8.count)", "Connection: close",
        ]
        return try status(Booth.head("POST", "/admin/v1/keys", fields) + "\r\n" + body, booth.adminPort)
    }

    // threats: MET-04, DBF-04
    @Test(.enabled(if: FailingCalls.isPossible))
    func `changes are 503, what is in memory is answered, and all is well when the disk is`() throws {
        let booth = try Booth()
        let key = try booth.makeKey()
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        let counters = ["tokenbooth_db_commit_failures_total", "tokenbooth_db_reopenings_total"]
        for counter in counters { #expect(try Self.count(counter, booth) == 0) }

        let faults = try FailingCalls("pwrite64,fdatasync,fsync", error: "EIO", of: booth)
        let failing = try eventually(seconds: 15) {
            let answer = try Self.get(booth, "/readyz")
            return answer.status == 503 ? answer : nil
        }
        #expect(failing?["retry-after"] != nil, "the service never became unready")

        let refused = try Self.createKey(booth)
        #expect(refused.status == 503)
        #expect(refused["retry-after"] != nil)
        for path in ["/oauth2/jwks", "/.well-known/oauth-authorization-server", "/healthz"] {
            #expect(try Self.get(booth, path).status == 200, "\(path)")
        }
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)

        faults.end()
        let recovered: Bool? = try eventually(seconds: 15) {
            try Self.get(booth, "/readyz").status == 200 ? true : nil
        }
        #expect(recovered == true)
        #expect(try Self.createKey(booth).status == 201)
        // What was a second ago is not to be seen from the gauge.
        #expect(try Self.count("tokenbooth_db_failing", booth) == 0)
        for counter in counters { #expect(try Self.count(counter, booth) ?? 0 > 0, "\(counter)") }
        let list = try booth.admin("GET", "keys?name=made%20while%20the%20disk%20fails")
        #expect(list.json?["items"]?.array?.count == 1)
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }
}
