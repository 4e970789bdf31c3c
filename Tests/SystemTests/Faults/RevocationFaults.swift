import Foundation
import Glibc
import Primitives
import Testing

@Suite("Revocation when the disk fails or the process is killed")
struct RevocationFaults {
    private static let strace = "/usr/bin/strace"

    /// Unchecked, since here failures are what is asked for.
    private static func send(_ call: TokenCall, _ booth: Booth) throws -> HTTPResponse {
        let connection = try RawConnection(port: booth.publicPort)
        connection.send(call.bytes)
        return try #require(connection.response())
    }

    // threats: REV-08, INT-09
    @Test(.enabled(if: FileManager.default.fileExists(atPath: strace)))
    func `a revocation that cannot be stored is 503, and so is introspection until the disk is well`() throws
    {
        let booth = try Booth()
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let revocation = TokenCall(presenting: token, to: "revoke", key: key.secret)
        let introspection = TokenCall(presenting: token, to: "introspect", key: key.secret)

        let calls = "pwrite64,fdatasync,fsync"
        let injector = try ChildProcess([
            Self.strace, "-f", "-q", "-o", "/dev/null", "-p", String(booth.process.identifier),
            "-e", "trace=\(calls)", "-e", "inject=\(calls):error=EIO",
        ])
        let failing = try eventually(seconds: 15) {
            let answer = try Self.send(introspection, booth)
            return answer.status == 503 ? answer : nil
        }
        #expect(failing?["retry-after"] != nil, "introspection never failed")
        let refused = try Self.send(revocation, booth)
        #expect(refused.status == 503 && refused["retry-after"] != nil)
        #expect(refused.error == "temporarily_unavailable")
        #expect(try Self.send(introspection, booth).status == 503)

        injector.signal(SIGKILL)
        #expect(injector.wait(seconds: 10) != nil)
        let recovered: Bool? = try eventually(seconds: 15) {
            try Self.send(introspection, booth).status == 200 ? true : nil
        }
        #expect(recovered == true, "nobody found out that the disk is well again")
        #expect(try booth.isActive(token, for: key))
        try booth.revoked(token, by: key)
        #expect(try !booth.isActive(token, for: key))
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }

    // threats: REV-09
    @Test
    func `what was revoked stays so over a kill`() throws {
        let directory = try TemporaryDirectory()
        let arguments = ["--issuer", "http://127.0.0.1:8080"]
        var booth = try Booth(arguments, in: directory)
        let key = try booth.makeRefreshingKey()
        var over: [String] = []
        for round in 0..<5 {
            let (access, refresh) = (try booth.accessToken(key), try booth.exchanged(key))
            let kept = try booth.accessToken(key)
            try booth.revoked(refresh, by: key)
            try booth.revoked(access, by: key)
            booth.process.signal(SIGKILL)
            #expect(booth.process.wait(seconds: 10) != nil)
            over += [access, refresh]
            booth = try Booth(arguments, in: directory)
            for token in over { #expect(try !booth.isActive(token, for: key), "round \(round)") }
            #expect(try booth.isActive(kept, for: key))
        }
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }
}
