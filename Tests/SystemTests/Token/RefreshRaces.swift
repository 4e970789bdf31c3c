import Foundation
import Primitives
import Testing

/// Many refreshes at once over real connections.
enum RefreshRace {
    static let isSlow = ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1"

    /// A hundred refreshes of one token, `rounds` times.
    ///
    /// - Parameter judge: Given the answers, the token and the key of each round.
    static func run(
        rounds: Int,
        _ judge: (_ answers: [HTTPResponse], _ token: String, _ key: MadeKey) throws -> Void
    ) throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let barrier = try Barrier(booth, count: 100)
        for _ in 0..<rounds {
            let answer = try booth.token(TokenCall(exchanging: key.secret))
            let token = try #require(answer.json?["refresh_token"]?.string, "\(answer.text)")
            try judge(try barrier.send(TokenCall(refreshing: token, key: key.secret).bytes), token, key)
        }
    }

    /// Grace 0: one wins, the losers are reuse.
    static func strict(rounds: Int) throws {
        try run(rounds: rounds) { answers, _, key in
            let granted = answers.filter { $0.status == 200 }
            #expect(granted.count == 1)
            for answer in answers where answer.status != 200 { expectInvalidGrant(answer) }
            let successor = try #require(granted.first?.json?["refresh_token"]?.string)
            expectInvalidGrant(try Booth.current.refresh(successor, key))
        }
    }

    /// With a grace: all get the same successor, and tokens of their own.
    static func graceful(rounds: Int) throws {
        try run(rounds: rounds) { answers, token, key in
            #expect(answers.allSatisfy { $0.status == 200 })
            let successors = Set(answers.compactMap { $0.json?["refresh_token"]?.string })
            #expect(successors.count == 1)
            #expect(Set(answers.compactMap { $0.json?["access_token"]?.string }).count == answers.count)
            let successor = try #require(successors.first)
            #expect(successor != token)
            #expect(try Booth.current.refresh(successor, key).status == 200)
        }
    }
}

@Suite(
    "Refreshes in a race, without grace: RFC 9700 §4.14.2",
    .serialized,
    .booth(configuration: "refresh: {grace: 0}")
)
struct StrictRefreshRaces {
    // threats: REF-03
    @Test
    func `of a hundred refreshes at once one succeeds, and the family ends`() throws {
        try RefreshRace.strict(rounds: 20)
    }
}

@Suite("Refreshes in a race, within the grace", .serialized, .booth(configuration: "refresh: {grace: 60}"))
struct RefreshRaces {
    // threats: REF-04
    @Test
    func `a hundred refreshes at once all get the same successor`() throws {
        try RefreshRace.graceful(rounds: 20)
    }

    // threats: REF-05
    @Test
    func `a client that hung up before the answer gets the same one again`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        var token = try booth.exchanged(key)
        for round in 0..<100 {
            let request = TokenCall(refreshing: token, key: key.secret).bytes
            let connection = try booth.connect()
            if round % 2 == 0 { connection.reset() }
            connection.send(request, isReading: false)
            if round % 3 == 0 { usleep(300) }
            if round % 2 == 1 { connection.finishSending() }
        }
        token = try booth.refreshToken(booth.refresh(token, key))
        token = try booth.refreshToken(booth.refresh(token, key))
    }

    // threats: REF-05
    @Test
    func `a server killed in the middle has lost nothing of what it answered`() throws {
        let directory = try TemporaryDirectory()
        var booth = try Booth(in: directory)
        let key = try booth.makeRefreshingKey()
        var token = try booth.exchanged(key)
        for delay in [0, 200, 500, 1_000, 3_000] as [UInt32] {
            let connection = try RawConnection(port: booth.publicPort)
            connection.send(TokenCall(refreshing: token, key: key.secret).bytes)
            usleep(delay)
            booth.process.signal(9)
            _ = booth.process.wait(seconds: 5)
            let answered = connection.response(seconds: 1)?.json?["refresh_token"]?.string
            booth = try Booth(in: directory)
            let again = try booth.refreshToken(booth.refresh(token, key))
            #expect(answered == nil || answered == again)
            token = again
        }
    }

    @Test
    func `pipelined requests are answered in the order of their arrival`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let connection = try booth.connect()
        let plain = TokenCall(key: key.secret).bytes
        let refresh = TokenCall(refreshing: token, key: key.secret).bytes
        let exchange = TokenCall(exchanging: key.secret).bytes
        connection.send(plain + refresh + plain + exchange + refresh + plain)
        let answers = try (0..<6).map { _ in try #require(connection.response()) }
        let kinds = answers.map { answer in
            guard answer.json?["refresh_token"] != nil else { return "plain" }
            return answer.json?["issued_token_type"] == nil ? "refresh" : "exchange"
        }
        #expect(kinds == ["plain", "refresh", "plain", "exchange", "refresh", "plain"])
        let successors = Set([answers[1], answers[4]].compactMap { $0.json?["refresh_token"]?.string })
        #expect(successors.count == 1)
    }

    // threats: REF-10
    @Test
    func `of a family that is revoked in a race with its refreshes nothing is left`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey()
        let barrier = try Barrier(booth, count: 20)
        for _ in 0..<10 {
            let token = try booth.exchanged(key)
            let revocation = TokenCall(presenting: token, to: "revoke", key: key.secret).bytes
            let refresh = TokenCall(refreshing: token, key: key.secret).bytes
            let answers = try barrier.send { $0 == 10 ? revocation : refresh }
            #expect(answers[10].status == 200)
            for answer in answers where answer.status != 200 { expectInvalidGrant(answer) }
            for answer in answers {
                guard let next = answer.json?["refresh_token"]?.string else { continue }
                expectInvalidGrant(try booth.refresh(next, key))
                let access = try #require(answer.json?["access_token"]?.string)
                #expect(try !booth.isActive(access, for: key))
            }
            expectInvalidGrant(try booth.refresh(token, key))
        }
    }

    // threats: REF-10
    @Test
    func `a key that is disabled in the middle of a chain refreshes no more`() throws {
        let booth = try Booth.current
        for _ in 0..<10 {
            let key = try booth.makeRefreshingKey()
            let token = try booth.exchanged(key)
            let barrier = try Barrier(booth, count: 20)
            #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
            let answers = try barrier.send(TokenCall(refreshing: token, key: key.secret).bytes)
            #expect(answers.allSatisfy { $0.error == "invalid_client" })
            #expect(try booth.admin("POST", "keys/\(key.id)/enable").status == 200)
            _ = try booth.refreshToken(booth.refresh(token, key))
        }
    }
}

@Suite(
    "Slow: refreshes in a race, a thousand rounds",
    .enabled(if: RefreshRace.isSlow),
    .serialized,
    .booth(configuration: "refresh: {grace: 0}")
)
struct SlowStrictRefreshRaces {
    // threats: REF-03
    @Test
    func `of a hundred refreshes at once one succeeds, and the family ends`() throws {
        try RefreshRace.strict(rounds: 1_000)
    }
}

@Suite(
    "Slow: refreshes in a race within the grace, a thousand rounds",
    .enabled(if: RefreshRace.isSlow),
    .serialized,
    .booth(configuration: "refresh: {grace: 60}")
)
struct SlowRefreshRaces {
    // threats: REF-04
    @Test
    func `a hundred refreshes at once all get the same successor`() throws {
        try RefreshRace.graceful(rounds: 1_000)
    }
}
