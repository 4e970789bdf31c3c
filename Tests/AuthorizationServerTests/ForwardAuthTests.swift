import JOSE
import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("What a proxy may let through: RFC 6750 §3.1")
struct ForwardAuthTests {
    private let now = NumericDate(1_700_000_000)
    private let issuer = "https://auth.example"
    private let endpoint = TokenEndpoint(
        issuer: "https://auth.example",
        policy: TokenPolicy(defaultLifetime: 300, maximumLifetime: 600),
        refreshPolicy: RefreshPolicy(),
        refreshSecret: RefreshSecret([UInt8](repeating: 7, count: 32))
    )

    private func question(_ query: String) throws -> ForwardAuth {
        try ForwardAuth(ForwardAuthQuery(parsing: Array(query.utf8)))
    }

    private func client(_ change: (inout ClientRecord) -> Void = { _ in }) -> Client {
        Sample.client { record in
            record.roles = [RoleGrant(name: "reader", scopes: ["read:all"])]
            record.groups = ["partners", "house"]
            record.audiences = [AudienceRecord(name: "urn:a"), AudienceRecord(name: "urn:b")]
            change(&record)
        }
    }

    /// A token with the claims of our own, some of them replaced: only who has the signing key could make it.
    private func live(_ change: (inout JSONObject) -> Void = { _ in }) throws -> LiveToken {
        let ring = try #require(KeyRing(active: [SigningKey.generate(.es256)]))
        let minter = try TokenMinter(ring, issuer: issuer)
        let client = client()
        let grant = AuthorizedGrant(
            grantType: .clientCredentials,
            client: client,
            shape: try #require(client.policy.defaultShape),
            expiresAt: now.advanced(by: 300),
            status: nil
        )
        let payload = try CompactJWS(parsing: minter.mint(grant, at: now).accessToken).payload
        var claims = try #require(JSONValue(parsing: payload).object)
        change(&claims)
        let token = try minter.sign(JSONValue.object(claims).serialized, type: "at+jwt")
        let check = LiveTokenCheck(
            issuer: issuer,
            ring: ring,
            board: StatusBoard(),
            denylist: Denylist(),
            notBefore: nil
        )
        return LiveToken(try check.genuine(token, at: now))
    }

    private func refusal(_ body: () throws -> Void) -> ForwardAuthRefusal? {
        do {
            try body()
            return nil
        } catch { return error as? ForwardAuthRefusal }
    }

    // threats: FWD-03
    @Test(arguments: [
        ("", nil), ("&scope=read", nil), ("&scope=read+write+read:all", nil), ("&role=reader", nil),
        ("&role=other&role=reader", nil), ("&group=house", nil), ("&group=x&group=partners", nil),
        ("&scope=write&role=reader&group=house", nil),
        ("&scope=read+delete", "insufficient_scope"), ("&scope=rea", "insufficient_scope"),
        ("&role=writer", "insufficient_scope"), ("&role=partners", "insufficient_scope"),
        ("&group=other", "insufficient_scope"), ("&group=reader", "insufficient_scope"),
        ("&group=Partners", "insufficient_scope"), ("&group=house&role=writer", "insufficient_scope"),
        ("&scope=delete&group=house", "insufficient_scope"),
    ])
    func `all scopes, one of the roles and one of the groups, of a token as of a key`(
        query: String,
        error: String?
    )
        throws
    {
        let question = try question("audience=urn:a" + query)
        let token = try live()
        #expect(refusal { _ = try question.judge(token) }?.code.rawValue == error)
        #expect(refusal { _ = try question.judge(client(), endpoint, at: now) }?.code.rawValue == error)
    }

    // threats: FWD-03
    @Test
    func `another audience is a bad credential, not too small a one`() throws {
        let (token, question) = (try live(), try question("audience=urn:c&scope=delete"))
        #expect(refusal { _ = try question.judge(token) }?.code == .invalidToken)
        let refused = refusal { _ = try question.judge(client(), endpoint, at: now) }
        #expect(refused?.code == .invalidToken && refused?.denial == .invalidTarget)
        // The first of several is as good as any other.
        let both = try live { $0["aud"] = .array([.string("urn:x"), .string("urn:c")]) }
        #expect(refusal { _ = try question.judge(both) }?.code == .insufficientScope)
    }

    // threats: FWD-01
    @Test
    func `nobody asks with the audience of the admin API`() throws {
        let query = try ForwardAuthQuery(parsing: Array("audience=urn:tokenbooth:admin".utf8))
        #expect(throws: OAuthError.self) { try ForwardAuth(query) }
    }

    @Test
    func `a key's token lives a minute, is for the audience asked for, and has all of its scopes`() throws {
        let accepted = try question("audience=urn:b&scope=read").judge(client(), endpoint, at: now)
        #expect(accepted.grant.expiresAt == now.advanced(by: 60))
        #expect(String(decoding: accepted.grant.shape.scope, as: UTF8.self) == "read write read:all")
        let claims = String(decoding: accepted.grant.shape.claims, as: UTF8.self)
        #expect(
            claims.contains("\"aud\":\"urn:b\"") && claims.contains("\"groups\":[\"partners\",\"house\"]")
        )
        #expect(accepted.identity.client == client().id)
        #expect(accepted.identity.subject == Array(client().id.description.utf8))
        for (own, end, seconds) in [(30, nil, 30), (nil, 10, 10), (3_600, nil, 60)] as [(Int?, Int64?, Int64)]
        {
            let short = client { record in
                record.accessTokenLifetime = own
                record.expiresAt = end.map { now.advanced(by: $0) }
            }
            let grant = try question("audience=urn:a").judge(short, endpoint, at: now).grant
            #expect(grant.expiresAt == now.advanced(by: seconds))
        }
    }

    // threats: FWD-05
    @Test
    func `a key that may not use client_credentials gets nothing here`() throws {
        let question = try question("audience=urn:a")
        let other = client { $0.grantTypes = [.tokenExchange, .refreshToken] }
        let refused = refusal { _ = try question.judge(other, endpoint, at: now) }
        #expect(refused?.code == .insufficientScope && refused?.denial == .unauthorizedClient)
    }

    // threats: FWD-04, HTP-20
    @Test(arguments: ["a,b", "a\r\nX-Auth-Groups: c", "a b", "é", "", "a\u{7F}", "a\tb"])
    func `a name that could pass for another lets nobody in, though it is rightly signed`(name: String) throws
    {
        let question = try question("audience=urn:a")
        for claim in ["roles", "groups"] {
            let token = try live { $0[claim] = .array([.string("partners"), .string(name)]) }
            #expect(refusal { _ = try question.judge(token) }?.code == .invalidToken, "\(claim)")
        }
        let record = client { $0.groups = ["partners", name] }
        #expect(refusal { _ = try question.judge(record, endpoint, at: now) }?.code == .invalidToken)
        guard !name.isEmpty, !name.contains(",") else { return }
        let token = try live { $0["sub"] = .string(name) }
        #expect(refusal { _ = try question.judge(token) }?.code == .invalidToken)
    }
}
