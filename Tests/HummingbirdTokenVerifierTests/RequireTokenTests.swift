import HTTPTypes
import Hummingbird
import HummingbirdTesting
import HummingbirdTokenVerifier
import NIOCore
import Synchronization
import Testing
import TokenVerifier
import TokenVerifierTesting

@Suite("Bearer tokens over a socket: RFC 6750")
struct RequireTokenTests {
    private static let audience = "https://api.example"

    /// `/open` needs nothing, `/token` a good token, the others what they are named after.
    private func application(_ verifier: AccessTokenVerifier) -> some ApplicationProtocol {
        let router = Router(context: BasicTokenRequestContext.self)
        router.get("open") { _, context in context.token == nil ? "none" : "some" }
        router.get("broken") { _, context in try context.verifiedToken().subject }
        let routes: [(RouterPath, RequireToken<BasicTokenRequestContext>)] = [
            ("token", RequireToken(verifier)),
            ("scopes", RequireToken(verifier, scopes: ["read", "write"])),
            ("roles", RequireToken(verifier, roles: ["teller", "clerk"])),
            ("groups", RequireToken(verifier, groups: ["finance"], realm: "money")),
        ]
        for (path, middleware) in routes {
            router.group(path).add(middleware: middleware)
                .get { _, context in try context.verifiedToken().subject }
        }
        return Application(router: router, services: [verifier])
    }

    private func fields(_ values: String...) -> HTTPFields {
        HTTPFields(values.map { HTTPField(name: .authorization, value: $0) })
    }

    @Test
    func `a route is public, or needs a token with what it asks for`() async throws {
        let issuer = try TestIssuer()
        let verifier = try await issuer.verifier(audience: Self.audience)
        let plain = try issuer.token(audience: Self.audience, subject: "alice")
        let full = try issuer.token(
            audience: Self.audience,
            scopes: ["write", "read"],
            roles: ["clerk"],
            groups: ["finance"]
        )
        try await application(verifier).test(.live) { (client: any TestClientProtocol) async throws in
            func status(_ path: String, _ token: String) async throws -> Int {
                try await client.execute(uri: path, method: .get, headers: fields("Bearer \(token)")) {
                    let isRefusal = $0.status.kind == .clientError
                    #expect($0.headers[.cacheControl] == (isRefusal ? "no-store" : nil))
                    return $0.status.code
                }
            }
            for token in [plain, "x"] { #expect(try await status("/open", token) == 200) }
            #expect(try await status("/token", plain) == 200)
            for path in ["/scopes", "/roles", "/groups"] {
                #expect(try await status(path, plain) == 403, "\(path)")
                #expect(try await status(path, full) == 200, "\(path)")
            }
            #expect(try await status("/broken", full) == 500)
        }
    }

    @Test
    func `every 401 and 403 carries the challenge that says why`() async throws {
        let issuer = try TestIssuer()
        let verifier = try await issuer.verifier(audience: Self.audience)
        let good = try issuer.token(audience: Self.audience, groups: ["sales"])
        let expired = try issuer.token(audience: Self.audience, lifetime: -3600)
        let other = try issuer.token(audience: "https://other.example")
        let challenges: [(String, HTTPFields, Int, String)] = [
            ("/token", [:], 401, #"Bearer realm="api""#),
            ("/token", fields("Basic eDp5"), 401, #"Bearer realm="api""#),
            ("/token", fields("Bearer"), 401, #"Bearer realm="api""#),
            ("/token", fields(good), 401, #"Bearer realm="api""#),
            (
                "/token", fields("Bearer \(good)", "Bearer \(good)"), 400,
                #"Bearer realm="api", error="invalid_request""#
            ),
            (
                "/token", fields("Bearer \(expired)"), 401,
                #"Bearer realm="api", error="invalid_token", error_description="the token has expired""#
            ),
            (
                "/token", fields("bearer \(other)"), 401,
                #"Bearer realm="api", error="invalid_token", error_description="the token is for another audience""#
            ),
            (
                "/scopes", fields("Bearer \(good)"), 403,
                #"Bearer realm="api", error="insufficient_scope", error_description="the token lacks a scope that is needed here", scope="read write""#
            ),
            (
                "/groups", fields("Bearer \(good)"), 403,
                #"Bearer realm="money", error="insufficient_scope", error_description="the token is in no group that is needed here""#
            ),
        ]
        try await application(verifier).test(.live) { client in
            for (path, headers, status, challenge) in challenges {
                try await client.execute(uri: path, method: .get, headers: headers) { response in
                    #expect(response.status.code == status, "\(path) \(challenge)")
                    #expect(response.headers[values: .wwwAuthenticate] == [challenge])
                }
            }
            try await client.execute(uri: "/token", method: .get, headers: fields("BEARER  \(good)")) {
                #expect($0.status == .ok)
            }
        }
    }

    @Test
    func `a token of which nobody can know is 503, and not the client's fault`() async throws {
        let issuer = try TestIssuer()
        let source = Interruptible(issuer)
        let configuration = VerifierConfiguration(issuer: issuer.issuer, audience: Self.audience)
        let verifier = try await AccessTokenVerifier(configuration, documents: source)
        source.isAway = true
        let token = try issuer.token(audience: Self.audience)
        try await application(verifier).test(.live) { client in
            try await client.execute(uri: "/token", method: .get, headers: fields("Bearer \(token)")) {
                #expect($0.status == .serviceUnavailable && $0.headers[.retryAfter] == "1")
                #expect($0.headers[.wwwAuthenticate] == nil)
            }
            source.isAway = false
            try await Task.sleep(for: .milliseconds(1_100))
            try await client.execute(uri: "/token", method: .get, headers: fields("Bearer \(token)")) {
                #expect($0.status == .ok)
            }
        }
    }
}

/// An issuer that may be out of reach.
private final class Interruptible: DocumentSource {
    struct Away: Error {}

    private let issuer: TestIssuer
    private let away = Atomic(false)

    init(_ issuer: TestIssuer) { self.issuer = issuer }

    var isAway: Bool {
        get { away.load(ordering: .relaxed) }
        set { away.store(newValue, ordering: .relaxed) }
    }

    func fetch(_ request: DocumentRequest) async throws -> FetchedDocument {
        guard !isAway else { throw Away() }
        return try await issuer.fetch(request)
    }
}
