import Foundation
import Primitives
import Testing

@Suite("A clock that goes back, and what is dated by it", .enabled(if: Preload.compiler != nil))
struct ClockSteps {
    private let directory: TemporaryDirectory
    private let clock: MovedClock

    init() throws {
        directory = try TemporaryDirectory()
        clock = try MovedClock(in: directory)
    }

    private func start() throws -> Booth { try Booth(environment: clock.environment, in: directory) }

    // threats: OPS-04, REF-13
    @Test
    func `a small step back makes no token of the future and ends none of before`() throws {
        let booth = try start()
        let key = try booth.makeRefreshingKey()
        let refresh = try booth.exchanged(key)
        try clock.move(30)
        let before = try booth.accessToken(key)
        try clock.move(0)
        // Nothing that was judged meanwhile has moved what is judged by: the token is ahead of it.
        #expect(try booth.isActive(before, for: key))
        try clock.move(-30)
        let derived = TokenCall(exchangingToken: before, key: key.secret)
        let answers = [
            try booth.token(TokenCall(key: key.secret)), try booth.token(TokenCall(exchanging: key.secret)),
            try booth.refresh(refresh, key), try booth.token(derived),
        ]
        for answer in answers {
            let claims = try AccessToken(answer, of: booth).claims
            let (issued, expires) = (claims["iat"]?.integer ?? .max, claims["exp"]?.integer ?? .max)
            #expect(Double(issued) <= Date().timeIntervalSince1970 - 30, "\(answer.text)")
            #expect(expires - issued <= 300 && expires - issued == answer.json?["expires_in"]?.integer)
            if let token = answer.json?["refresh_token"]?.string { booth.canaries.add(token) }
        }
        #expect(try booth.isActive(before, for: key))
        booth.stop()
    }

    // threats: OPS-04
    @Test
    func `a list that is signed after a restart and a step back is not older than the one before`() throws {
        func issued(_ booth: Booth) throws -> Int64 {
            let token = try booth.token(TokenCall(key: booth.rootKey))
            let status = try StatusClaim(AccessToken(token, of: booth).claims)
            return try #require(SignedList(status.uri, of: booth).claims["iat"]?.integer)
        }
        let first = try start()
        let before = try issued(first)
        first.stop()
        try clock.move(-30)
        let second = try start()
        #expect(try issued(second) >= before)
        second.stop()
    }

    // threats: JWT-22, OPS-04
    @Test
    func `a signing key that is published while the clock is behind is not dated back`() throws {
        let start = Int64(Date().timeIntervalSince1970)
        let booth = try self.start()
        func pending() throws -> JSONObject {
            let items = try booth.admin("GET", "signing-keys").json?["items"]?.array ?? []
            return try #require(items.compactMap(\.object).first { $0["stage"]?.string == "pending" })
        }
        let kid = try #require(pending()["kid"]?.string)
        try clock.move(-3600)
        let revoked = try booth.admin("POST", "signing-keys/\(kid)/revoke", "{}")
        #expect(revoked.status == 200)
        #expect(revoked.json?["accepted_elsewhere_until"]?.string ?? "" >= Timestamp.text(start))
        let next = try pending()
        #expect(next["kid"]?.string != kid)
        let published = try #require(next["published_at"]?.string)
        // RFC 3339 in UTC, of one form: the order of the texts is that of the times.
        #expect(published >= Timestamp.text(start), "\(published)")
        booth.stop()
    }
}
