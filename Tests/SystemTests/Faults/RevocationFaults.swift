import Foundation
import Glibc
import Primitives
import Testing

@Suite("Revocation when the disk fails or the process is killed")
struct RevocationFaults {

    /// Unchecked, since here failures are what is asked for.
    private static func send(_ call: TokenCall, _ booth: Booth) throws -> HTTPResponse {
        let connection = try RawConnection(port: booth.publicPort)
        connection.send(call.bytes)
        return try #require(connection.response())
    }

    /// What is to be revoked, each kind, and what must be said of it before and after.
    private struct Victims {
        let key: MadeKey
        let access: String
        let refresh: String
        let accessOfFamily: String

        init(_ booth: Booth) throws {
            key = try booth.makeRefreshingKey()
            access = try booth.accessToken(key)
            let exchanged = try booth.token(TokenCall(exchanging: key.secret))
            refresh = try booth.refreshToken(exchanged)
            accessOfFamily = try #require(exchanged.json?["access_token"]?.string)
        }

        static let kinds = ["an access token", "a refresh token", "a key"]

        /// One for each of the kinds.
        var revocations: [TokenCall] {
            [(access, []), (refresh, []), (key.secret, [("token_type_hint", TokenCall.apiKeyType)])].map {
                TokenCall(presenting: $0.0, to: "revoke", key: key.secret, $0.1)
            }
        }

        /// Everything is as if nobody had asked, and can be revoked now.
        func check(_ booth: Booth) throws {
            #expect(try booth.isActive(access, for: key) && booth.isActive(accessOfFamily, for: key))
            let next = try booth.refreshToken(booth.refresh(refresh, key))
            try booth.revoked(access, by: key)
            #expect(try !booth.isActive(access, for: key))
            try booth.revoked(next, by: key)
            #expect(try !booth.isActive(accessOfFamily, for: key))
            expectInvalidGrant(try booth.refresh(next, key))
            try booth.revoked(key.secret, by: key, [("token_type_hint", TokenCall.apiKeyType)])
            #expect(try booth.token(TokenCall(key: key.secret)).error == "invalid_client")
        }
    }

    private static func expectUnavailable(_ answer: HTTPResponse, _ error: String) {
        #expect(answer.status == 503 && answer.error == "temporarily_unavailable", "\(error): \(answer.text)")
        #expect(answer["retry-after"].flatMap { Int($0) } ?? 0 > 0 && answer["cache-control"] == "no-store")
    }

    // threats: REV-08, INT-09
    @Test(.enabled(if: FailingCalls.isPossible), arguments: ["EIO", "ENOSPC"])
    func `a revocation that cannot be stored is 503, and so is introspection until the disk is well`(
        error: String
    ) throws {
        let booth = try Booth()
        let victims = try Victims(booth)
        let introspection = TokenCall(presenting: victims.access, to: "introspect", key: victims.key.secret)

        let faults = try FailingCalls("pwrite64,fdatasync,fsync", error: error, of: booth)
        let failing = try eventually(seconds: 15) {
            let answer = try Self.send(introspection, booth)
            return answer.status == 503 ? answer : nil
        }
        #expect(failing?["retry-after"] != nil, "introspection never failed")
        for revocation in victims.revocations {
            Self.expectUnavailable(try Self.send(revocation, booth), error)
        }
        #expect(try Self.send(introspection, booth).status == 503)

        faults.end()
        let recovered: Bool? = try eventually(seconds: 15) {
            try Self.send(introspection, booth).status == 200 ? true : nil
        }
        #expect(recovered == true, "nobody found out that the disk is well again")
        try victims.check(booth)
        booth.stop()
    }

    // threats: REV-08
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: LockHolder.python)),
        arguments: Victims.kinds.indices
    )
    func `a revocation that another process keeps from the database is 503, and nothing is revoked`(
        kind: Int
    ) throws {
        let booth = try Booth()
        let victims = try Victims(booth)
        let holder = try LockHolder(booth.directory.path + "/data/tokenbooth.db", seconds: 60)
        let connection = try RawConnection(port: booth.publicPort)
        connection.send(victims.revocations[kind].bytes)
        Self.expectUnavailable(try #require(connection.response(seconds: 20)), "BUSY")
        holder.release()
        let recovered: Bool? = try eventually(seconds: 15) {
            try booth.status("/readyz").status == 200 ? true : nil
        }
        #expect(recovered == true)
        try victims.check(booth)
        booth.stop()
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
