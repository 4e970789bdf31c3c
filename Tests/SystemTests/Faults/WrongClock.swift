import Foundation
import Glibc
import Testing

@Suite("A clock that is wrong", .enabled(if: Preload.compiler != nil))
struct WrongClock {
    private let directory: TemporaryDirectory
    private let clock: MovedClock

    init() throws {
        directory = try TemporaryDirectory()
        clock = try MovedClock(in: directory)
    }

    private func start(_ arguments: [String] = []) throws -> Booth {
        try Booth(
            arguments,
            environment: clock.environment,
            in: directory
        )
    }

    private func refusal(_ arguments: [String]) throws -> (code: Int32?, text: String) {
        try Booth.refusal(
            arguments,
            in: directory,
            environment: clock.environment
        )
    }

    private func isReady(_ booth: Booth) throws -> Bool? {
        try booth.status("/readyz").status == 200 ? true : nil
    }

    private static let behind = "the clock is behind"

    /// How often the log says as an error that the clock is behind.
    private func alarms(in booth: Booth) -> Int {
        booth.log.split(separator: "\n").count {
            $0.contains(Self.behind) && $0.contains(#""level":"error""#)
        }
    }

    // What sleeps on such a timer would sleep an hour longer when the clock goes an hour back.
    // threats: OPS-04
    @Test(.enabled(if: FailingCalls.isPossible))
    func `no timer hangs on the clock that can be set`() throws {
        let trace = directory.path + "/trace"
        let calls = ["-e", "trace=timerfd_create,timer_create"]
        let booth = try Booth(
            in: directory,
            wrapper: [FailingCalls.strace, "-f", "-qq", "-o", trace] + calls
        )
        // That of the tasks is made when the first one sleeps.
        #expect(eventually { directory.text(of: "trace").contains("CLOCK_BOOTTIME") ? true : nil } == true)
        booth.stop()
        #expect(!directory.text(of: "trace").contains("CLOCK_REALTIME"))
    }

    // threats: OPS-04
    @Test
    func `an hour back stops issuing and nothing else, until the clock is right again`() throws {
        let booth = try start()
        let key = try booth.makeKey()
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)

        try clock.move(-3600)
        for _ in 0..<3 {
            let refused = try booth.attempt(TokenCall(key: key.secret))
            #expect(refused?.status == 503 && refused?.error == "temporarily_unavailable")
            #expect(refused?["retry-after"] != nil && refused?["cache-control"] == "no-store")
            let exchange = try booth.attempt(TokenCall(exchanging: key.secret))
            #expect(exchange?.status == 503)
        }
        let unready = try eventually { try booth.status("/readyz").status == 503 ? true : nil }
        #expect(unready == true)
        #expect(try booth.status("/readyz").text.contains(#""clock":"behind""#))
        for path in ["/oauth2/jwks", "/healthz", "/.well-known/oauth-authorization-server"] {
            #expect(try booth.status(path).status == 200)
        }
        #expect(try booth.admin("GET", "keys/\(key.id)").status == 200)
        #expect(eventually(seconds: 20) { alarms(in: booth) == 1 ? true : nil } == true)
        usleep(2_500_000)
        #expect(alarms(in: booth) == 1)

        try clock.move(0)
        #expect(try eventually { try isReady(booth) } == true)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        let caughtUp = eventually(seconds: 20) {
            Booth.event("the clock has caught up", beginning: true, in: booth.log)
        }
        #expect(caughtUp != nil)
        booth.stop()
    }

    // threats: OPS-04
    @Test(arguments: [-59 as Int64, 30, 3600])
    func `what is within a minute, or ahead, is served`(seconds: Int64) throws {
        let booth = try start()
        let key = try booth.makeKey()
        try clock.move(seconds)
        let answer = try booth.token(TokenCall(key: key.secret))
        #expect(answer.status == 200)
        #expect(try booth.status("/readyz").status == 200)
        booth.stop()
    }

    // A wait that ends at a time of the wall clock ends an hour late when that goes back, or was ahead.
    // threats: OPS-04
    @Test(arguments: [3600 as Int64, -3600])
    func `the log goes on whichever way the clock goes`(seconds: Int64) throws {
        let booth = try start()
        try clock.move(seconds)
        for _ in 0..<3 {
            let request = try booth.get("/healthz")["x-request-id"] ?? ""
            #expect(booth.logLine(request: request) != nil)
        }
        booth.stop()
    }

    // threats: OPS-04, REF-13
    @Test
    func `a token that was once too old stays so when the clock goes back`() throws {
        let booth = try start()
        let key = try booth.makeKey(
            #""audiences":["urn:tokenbooth:admin"],"scopes":["keys:read"],"admin_role":"admin""#
        )
        let token = try #require(try booth.token(TokenCall(key: key.secret)).json?["access_token"]?.string)
        #expect(try booth.admin("GET", "keys", key: token).status == 200)
        try clock.move(3600)
        #expect(try booth.attempt("GET", "keys", key: token)?.status == 401)
        for seconds in [0, -3600, 3500, 3599] as [Int64] {
            try clock.move(seconds)
            #expect(try booth.attempt("GET", "keys", key: token)?.status == 401, "\(seconds)")
        }
        booth.stop()
    }

    // threats: REF-13, OPS-04
    @Test
    func `a refresh token that was once too old stays so, and one that was spent is spent`() throws {
        let booth = try Booth(
            configuration: "refresh: {grace: 0, idle: 3600}",
            environment: clock.environment,
            in: directory
        )
        let key = try booth.makeRefreshingKey()
        let expiring = try booth.exchanged(key)
        let spent = try booth.exchanged(key)
        let next = try booth.refreshToken(booth.refresh(spent, key))
        try clock.move(3599 - 30)
        _ = try booth.refreshToken(booth.refresh(next, key))
        try clock.move(3700)
        expectInvalidGrant(try booth.refresh(expiring, key))
        for seconds in [3650, 3641] as [Int64] {
            try clock.move(seconds)
            expectInvalidGrant(try booth.refresh(expiring, key))
        }
        // Further back nothing is judged at all, and nothing is spent.
        try clock.move(0)
        #expect(try booth.attempt(TokenCall(refreshing: next, key: key.secret))?.status == 503)
        try clock.move(3700)
        expectInvalidGrant(try booth.refresh(spent, key))
        booth.stop()
    }

    // threats: OPS-04
    @Test(arguments: ["-3600", "1970"])
    func `a start behind the time that the database knows serves, is not ready, and heals`(when: String)
        throws
    {
        try start().stop()
        let now = Int64(Date().timeIntervalSince1970)
        try clock.move(when == "1970" ? -now + 86_400 : -3600)
        let booth = try start()
        #expect(try booth.status("/readyz").status == 503)
        #expect(booth.log.contains(Self.behind))
        #expect(try booth.status("/oauth2/jwks").status == 200)
        try clock.move(0)
        #expect(try eventually { try isReady(booth) } == true)
        booth.stop()
    }

    // threats: OPS-04
    @Test
    func `ten years ahead and back is healed by consent only`() throws {
        let decade: Int64 = 315_360_000
        try start().stop()
        try clock.move(decade)
        let ahead = try start()
        let key = try ahead.makeKey()
        let call = TokenCall(key: key.secret)
        #expect(try ahead.token(call).status == 200)
        ahead.stop()

        try clock.move(0)
        let behind = try start()
        #expect(try behind.attempt(call)?.status == 503)
        behind.stop()
        let refusal = try self.refusal(["--accept-restore"])
        #expect(refusal.code == 78 && refusal.text.contains("--accept-clock"), "\(refusal.text)")
        let lone = try self.refusal(["--accept-clock"])
        #expect(lone.code == 64)

        let healed = try start(["--accept-restore", "--accept-clock"])
        #expect(try healed.token(call).status == 200)
        healed.stop()
        let next = try start()
        #expect(try next.token(call).status == 200)
        next.stop()
    }
}
