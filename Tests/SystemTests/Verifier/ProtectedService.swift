import AsyncHTTPClient
import Hummingbird
import HummingbirdTesting
import HummingbirdTokenVerifier
import JOSE
import Primitives
import Testing
import TokenVerifier

/// A service of somebody else's, which follows a real booth as its users would.
@Suite(
    "A protected service: the verifier library",
    .booth(["--dev"], configuration: "status_ttl: 1\njwks_max_age: 1\nsigning_key_margin: 1\n")
)
struct ProtectedService {
    /// What a request for `/reports` gets with an access token.
    typealias Ask = @Sendable (String) async throws -> Int

    /// Runs a service whose `/reports` needs the scope `read` and the group `finance`.
    static func serving(_ test: @escaping @Sendable (Ask) async throws -> Void) async throws {
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(redirectConfiguration: .disallow)
        )
        do {
            let verifier = try await AccessTokenVerifier(
                VerifierConfiguration(issuer: Booth.current.issuer, audience: Booth.audience),
                documents: HTTPDocumentSource(client: client)
            )
            let router = Router(context: BasicTokenRequestContext.self)
            router.group("reports")
                .add(middleware: RequireToken(verifier, scopes: ["read"], groups: ["finance", "audit"]))
                .get { _, context in try context.verifiedToken().clientID }
            try await Application(router: router, services: [verifier]).test(.live) { service in
                try await test { token in
                    try await service.execute(
                        uri: "/reports",
                        method: .get,
                        headers: [.authorization: "Bearer \(token)"]
                    ) { Int($0.status.code) }
                }
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private func makeGroups() throws { try Booth.current.makeNames(groups: ["finance", "audit", "sales"]) }

    private func token(_ key: MadeKey, _ parameters: [(String, String)] = []) throws -> String {
        let response = try Booth.current.token(TokenCall(key: key.secret, parameters))
        return try #require(response.json?["access_token"]?.string, "\(response.text)")
    }

    // threats: REV-15
    @Test
    func `it lets a group in, and refuses what was revoked within ttl, a second and a fetch`() async throws {
        let booth = try Booth.current
        try makeGroups()
        let keys = try ["finance", "sales", "audit", "audit"].map {
            try booth.makeKey("\"groups\":[\"\($0)\"]")
        }
        try await Self.serving { ask in
            let tokens = try keys.map { try token($0) }
            #expect(try await ask(tokens[0]) == 200)
            #expect(try await ask(tokens[1]) == 403, "another group")
            #expect(try await ask(token(keys[0], [("scope", "write")])) == 403, "another scope")
            #expect(try await ask(token(keys[0], [("audience", "urn:other")])) == 401, "another audience")
            for token in tokens[2...] { #expect(try await ask(token) == 200) }

            #expect([200, 204].contains(try booth.admin("DELETE", "keys/\(keys[0].id)").status))
            try await becomes(401, tokens[0], ask)
            #expect(try booth.admin("POST", "keys/\(keys[2].id)/disable").status == 200)
            try await becomes(401, tokens[2], ask)
            #expect(try await ask(tokens[3]) == 200, "of another key")
            #expect(try booth.revoke(tokens[3], by: keys[3]).status == 200)
            try await becomes(401, tokens[3], ask)
            #expect(try await ask(token(keys[3])) == 200, "its key is good still")
            #expect(try booth.admin("POST", "keys/\(keys[2].id)/enable").status == 200)
            try await becomes(200, tokens[2], ask)
        }
    }

    /// Until the promise is over the answer may be the old one; then it must not.
    private func becomes(_ status: Int, _ token: String, _ ask: Ask) async throws {
        // `ttl`, a second, and for one fetch on a busy machine two more.
        let limit = ContinuousClock.now + .seconds(4)
        while ContinuousClock.now < limit {
            if try await ask(token) == status { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await ask(token) == status)
    }

    // threats: KEY-03
    @Test
    func `it goes on while signing keys rotate`() async throws {
        let booth = try Booth.current
        try makeGroups()
        let key = try booth.makeKey("\"groups\":[\"finance\"]")
        try await Self.serving { ask in
            var signers: Set<String> = []
            let first = try token(key)
            let end = ContinuousClock.now + .seconds(30)
            while signers.count < 3, ContinuousClock.now < end {
                _ = try booth.admin("POST", "signing-keys/rotate", "{}")
                for _ in 0..<10 {
                    let token = try token(key)
                    signers.insert(try CompactJWS(parsing: Array(token.utf8)).kid ?? "")
                    #expect(try await ask(token) == 200)
                    #expect(try await ask(first) == 200)
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            #expect(signers.count == 3)
        }
    }

    @Test
    func `it accepts neither another's tokens nor an API key`() async throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        try await Self.serving { (ask: Ask) async throws in
            #expect(try await ask(key.secret) == 401)
            let administration = try booth.token(TokenCall(key: booth.rootKey)).json?["access_token"]?.string
            #expect(try await ask(try #require(administration)) == 401)
            #expect(try await ask("") == 401)
        }
    }
}
