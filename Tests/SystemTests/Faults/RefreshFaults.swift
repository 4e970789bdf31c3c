import Foundation
import Glibc
import Primitives
import Testing

/// Refresh tokens while nothing can be made durable.
@Suite("Refreshing while the store cannot write")
struct RefreshFaults {
    private static let python = "/usr/bin/python3"

    /// Another process takes the database's write lock, as none should, and keeps it.
    private static func holdWriter(of booth: Booth, seconds: Int) throws -> ChildProcess {
        let script = """
            import sqlite3, sys, time
            db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
            db.execute("BEGIN IMMEDIATE")
            print("held", flush=True)
            time.sleep(float(sys.argv[2]))
            db.execute("ROLLBACK")
            """
        let holder = try ChildProcess(
            [python, "-c", script, booth.directory.path + "/data/tokenbooth.db", String(seconds)],
            output: booth.directory.path + "/holder"
        )
        let isHeld = eventually(seconds: 20) { booth.directory.text(of: "holder") == "held\n" ? true : nil }
        #expect(isHeld == true)
        return holder
    }

    private static func send(_ call: TokenCall, _ booth: Booth) throws -> RawConnection {
        let connection = try RawConnection(port: booth.publicPort)
        connection.send(call.bytes)
        return connection
    }

    // threats: REF-09, REF-17, DBF-01
    @Test(.enabled(if: FileManager.default.fileExists(atPath: python)))
    func `with the writer held a refresh is 503 and spends nothing, and plain tokens go out`() throws {
        let booth = try Booth(configuration: "refresh: {grace: 0}")
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let holder = try Self.holdWriter(of: booth, seconds: 60)
        let waiting = try [
            Self.send(TokenCall(refreshing: token, key: key.secret), booth),
            Self.send(TokenCall(exchanging: key.secret), booth),
            Self.send(TokenCall(refreshing: token, key: key.secret), booth),
        ]
        for _ in 0..<100 {
            let start = ContinuousClock.now
            #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
            #expect(ContinuousClock.now - start < .seconds(1))
        }
        for connection in waiting {
            let answer = try #require(connection.response(seconds: 20))
            #expect(answer.status == 503 && answer.error == "temporarily_unavailable", "\(answer.text)")
            #expect(answer["retry-after"] != nil && answer["cache-control"] == "no-store")
        }
        holder.signal(SIGKILL)
        _ = holder.wait(seconds: 5)
        let next: String? = try eventually(seconds: 15) {
            let answer = try #require(
                try Self.send(TokenCall(refreshing: token, key: key.secret), booth).response()
            )
            return answer.status == 503 ? nil : try booth.refreshToken(answer)
        }
        _ = try booth.refreshToken(booth.refresh(try #require(next), key))
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }

    // threats: REF-09
    @Test(.enabled(if: FailingCalls.isPossible))
    func `a refresh whose commit fails is 503, and its token is good afterwards`() throws {
        let booth = try Booth(configuration: "refresh: {grace: 0}")
        let key = try booth.makeRefreshingKey()
        var token = try booth.exchanged(key)
        let faults = try FailingCalls("fdatasync", error: "EIO", of: booth)
        let failing: HTTPResponse? = try eventually(seconds: 15) {
            let answer = try #require(
                try Self.send(TokenCall(refreshing: token, key: key.secret), booth).response()
            )
            if answer.status == 200 { token = try booth.refreshToken(answer) }
            return answer.status == 503 ? answer : nil
        }
        #expect(failing?["retry-after"] != nil)
        faults.end()
        let next: String? = try eventually(seconds: 15) {
            let answer = try #require(
                try Self.send(TokenCall(refreshing: token, key: key.secret), booth).response()
            )
            return answer.status == 503 ? nil : try booth.refreshToken(answer)
        }
        _ = try booth.refreshToken(booth.refresh(try #require(next), key))
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }
}
