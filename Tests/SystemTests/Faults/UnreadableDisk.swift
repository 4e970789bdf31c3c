import Foundation
import Glibc
import Primitives
import Testing

/// A request that is answered from the database when nobody has asked before.
enum StoreLookup: String, CaseIterable, CustomTestStringConvertible {
    case token, introspection, refreshToken, forwardAuth, adminKey, key, keys, audit

    var testDescription: String { rawValue }

    var isAdministration: Bool { [.adminKey, .key, .keys, .audit].contains(self) }
}

/// What there is to ask for.
private struct Holdings {
    /// Of as many rows as a key can be read from.
    let key: MadeKey
    let admin: MadeKey
    let access: String
    let refresh: String

    init(_ booth: Booth) throws {
        try booth.makeNames(roles: ["reader"], groups: ["staff"])
        key = try booth.makeRefreshingKey(
            """
            "roles":["reader"],"groups":["staff"],"claims":{"tenant":"acme"},
            "rate_limit":{"requests":100000,"seconds":60},"quota":{"tokens":100000,"period":"day"}
            """
        )
        admin = try booth.makeKey(
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
        )
        access = try booth.accessToken(key)
        refresh = try booth.exchanged(key)
    }

    /// `nil` when nothing was answered.
    func ask(_ lookup: StoreLookup, _ booth: Booth) throws -> HTTPResponse? {
        switch lookup {
        case .token: return try booth.attempt(TokenCall(key: key.secret))
        case .introspection:
            return try booth.attempt(TokenCall(presenting: access, to: "introspect", key: key.secret))
        case .refreshToken:
            return try booth.attempt(TokenCall(presenting: refresh, to: "introspect", key: key.secret))
        case .forwardAuth:
            let question = TokenCall.form([("audience", Booth.audience), ("allow_api_key", "1")])
            let field = "Authorization: Bearer \(key.secret)"
            let connection = try RawConnection(port: booth.publicPort)
            connection.send(Booth.head("GET", "/forward-auth?" + question, [field]) + "\r\n")
            return connection.response()
        case .adminKey: return try booth.attempt("GET", "keys?limit=1", key: admin.secret)
        case .key: return try booth.attempt("GET", "keys/\(key.id)")
        case .keys: return try booth.attempt("GET", "keys")
        case .audit: return try booth.attempt("GET", "audit?limit=1")
        }
    }

    func isGood(_ answer: HTTPResponse?, to lookup: StoreLookup) -> Bool {
        guard let answer, answer.status == 200 else { return false }
        switch lookup {
        case .token: return answer.json?["access_token"] != nil
        case .introspection, .refreshToken: return answer.json?["active"]?.bool == true
        case .forwardAuth: return answer["x-auth-client-id"] == key.id
        case .key: return answer.json?["id"]?.string == key.id
        case .adminKey, .keys, .audit: return answer.json?["items"]?.array?.isEmpty == false
        }
    }

    /// Changes something of both keys: neither they nor any page of the database that readers keep is good any more.
    func growCold(_ booth: Booth, _ round: Int) throws {
        for key in [key, admin] {
            #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"name\":\"cold \(round)\"}").status == 200)
        }
    }
}

/// A booth whose disk fails, and what there is to ask for in it.
private struct UnreadableBooth {
    let directory: TemporaryDirectory
    let disk: FaultyDisk
    private(set) var booth: Booth
    let holdings: Holdings
    private static let arguments = ["--issuer", "http://127.0.0.1:8080"]

    init() throws {
        directory = try TemporaryDirectory()
        disk = try FaultyDisk(in: directory)
        booth = try Booth(Self.arguments, environment: disk.environment, in: directory)
        holdings = try Holdings(booth)
    }

    /// Starts again, with nothing in memory.
    ///
    /// - Parameter isKilled: All of the database is in its log then, else nothing.
    mutating func startAgain(isKilled: Bool) throws {
        if isKilled { booth.kill() } else { booth.stop() }
        booth = try Booth(Self.arguments, environment: disk.environment, in: directory)
    }

    /// Not an answer about what was asked for, and when to come back.
    func expectUnavailable(_ answer: HTTPResponse?, _ lookup: StoreLookup, _ comment: Comment) throws {
        let answer = try #require(answer, "no answer: \(comment)")
        #expect(answer.status == 503, "\(lookup): \(comment): \(answer.status) \(answer.text)")
        #expect(answer["retry-after"].flatMap { Int($0) } ?? 0 > 0, comment)
        #expect(answer["cache-control"] == "no-store", comment)
        if lookup.isAdministration {
            #expect(answer["content-type"] == "application/problem+json", comment)
        } else {
            #expect(answer.error == "temporarily_unavailable", comment)
        }
    }

    /// The answers to as many requests for a token.
    func askTogether(_ count: Int) throws -> [HTTPResponse?] {
        let connections = try (0..<count).map { _ in try RawConnection(port: booth.publicPort) }
        for connection in connections { connection.send(TokenCall(key: holdings.key.secret).bytes) }
        return connections.map { $0.response() }
    }

    /// Lets one read fail while it is asked; whatever came of that, the same question is answered right afterwards.
    ///
    /// - Returns: Whether a read failed, and whether that was told.
    func ask(_ lookup: StoreLookup, failingAt number: Int, lasts: Bool) throws -> (
        hasFailed: Bool, isRefused: Bool
    ) {
        try disk.fail(.unreadable, at: number, lasts: lasts)
        let answer = try holdings.ask(lookup, booth)
        let hasFailed = try disk.mend() > 0
        let isGood = holdings.isGood(answer, to: lookup)
        // What fails beside it is somebody else's read.
        if !isGood { try expectUnavailable(answer, lookup, "read \(number)") }
        #expect(hasFailed || isGood)
        let next = try holdings.ask(lookup, booth)
        #expect(holdings.isGood(next, to: lookup), "\(lookup) after read \(number): \(next?.text ?? "")")
        return (hasFailed, !isGood)
    }

    /// Of the same booth, without a restart; then of its files.
    func finish() throws {
        let isReady: Bool? = try eventually(seconds: 15) {
            try booth.status("/readyz").status == 200 ? true : nil
        }
        #expect(isReady == true)
        #expect(try booth.admin("POST", "keys", #"{"name":"after"}"#).status == 201)
        booth.stop()
        let check = try Booth.run([
            "db", "check", "-q", "--data-dir", directory.path + "/data", "--keys-dir",
            directory.path + "/keys",
        ])
        #expect(check.ending == .exited(0), "\(check.text)")
    }
}

@Suite("A disk that cannot be read", .serialized, .enabled(if: Preload.compiler != nil))
struct UnreadableDisk {
    // threats: DBF-04, MET-04
    @Test(arguments: [false, true])
    func `what cannot be read is neither refused nor remembered as unknown`(isKilled: Bool) throws {
        var place = try UnreadableBooth()
        try place.startAgain(isKilled: isKilled)
        let booth = place.booth
        let unknown = TokenCall(key: "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7")
        try place.disk.fail(.unreadable, lasts: true)
        for round in 0..<2 {
            for lookup in StoreLookup.allCases {
                try place.expectUnavailable(place.holdings.ask(lookup, booth), lookup, "round \(round)")
            }
            try place.expectUnavailable(booth.attempt(unknown), .token, "an unknown key")
        }
        // So many at once that each of the readers is wanted, most of which have yet to be opened.
        for answer in try place.askTogether(16) { try place.expectUnavailable(answer, .token, "of many") }
        for path in Latencies.pages { #expect(try booth.status(path).status == 200) }
        #expect(try place.disk.mend() >= 2 * (StoreLookup.allCases.count + 1))
        for lookup in StoreLookup.allCases {
            let answer = try place.holdings.ask(lookup, booth)
            #expect(place.holdings.isGood(answer, to: lookup), "\(lookup): \(answer?.text ?? "")")
        }
        for answer in try place.askTogether(16) { #expect(place.holdings.isGood(answer, to: .token)) }
        #expect(try booth.attempt(unknown)?.status == 401)
        try place.finish()
    }

    // threats: DBF-04
    @Test
    func `whichever read fails, the answer is 503 and the next one good`() throws {
        let place = try UnreadableBooth()
        for lookup in StoreLookup.allCases {
            var (number, refused) = (0, 0)
            var hasFailed = true
            while hasFailed, number < 100 {
                number += 1
                try place.holdings.growCold(place.booth, number)
                let outcome = try place.ask(lookup, failingAt: number, lasts: false)
                hasFailed = outcome.hasFailed
                if outcome.isRefused { refused += 1 }
            }
            #expect(!hasFailed && refused > 2, "\(lookup): \(refused) refused of \(number)")
        }
        try place.finish()
    }
}

@Suite(
    "Slow: a disk that cannot be read",
    .serialized,
    .enabled(
        if: Preload.compiler != nil && ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1"
    )
)
struct SlowUnreadableDisk {
    // threats: DBF-04
    @Test(arguments: StoreLookup.allCases, [false, true])
    func `whichever first read of a start fails, the answer is 503 and the next one good`(
        lookup: StoreLookup,
        isKilled: Bool
    ) throws {
        var place = try UnreadableBooth()
        for lasts in [false, true] {
            var (number, refused) = (0, 0)
            var hasFailed = true
            while hasFailed, number < 100 {
                number += 1
                try place.startAgain(isKilled: isKilled)
                let outcome = try place.ask(lookup, failingAt: number, lasts: lasts)
                hasFailed = outcome.hasFailed
                if outcome.isRefused { refused += 1 }
            }
            #expect(!hasFailed && refused > 2, "\(refused) refused of \(number)")
        }
        try place.finish()
    }
}
