import JOSE
import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Roles and groups in tokens: RFC 9068 §2.2.3.1")
struct RoleClaimTests {
    private let now = NumericDate(1_700_000_000)
    private let endpoint = TokenEndpoint(
        issuer: "https://auth.example",
        policy: TokenPolicy(),
        refreshPolicy: RefreshPolicy(),
        refreshSecret: RefreshSecret([UInt8](repeating: 7, count: 32))
    )
    private static let reader = RoleGrant(name: "reader", scopes: ["read", "list"])

    private func grant(
        _ client: Client,
        _ parameters: String = "",
        referrer: Referrer = .unknown
    ) throws -> AuthorizedGrant {
        let body = "grant_type=client_credentials&client_secret=x" + parameters
        let request = try TokenRequest(
            form: FormParameters(parsing: Array(body.utf8)),
            authorization: [],
            apiKeyHeader: []
        )
        let clients = TokenEndpoint.FoundClients(authenticated: client, subject: nil)
        let decision = try endpoint.decide(request, clients: clients, from: nil, referrer: referrer, at: now)
        guard case .mint(let grant) = decision else { throw OAuthError(.invalidGrant, "to be kept") }
        return grant
    }

    private func claims(_ shape: TokenShape) throws -> JSONObject {
        try #require(JSONValue(parsing: shape.claims.dropLast() + Array("}".utf8)).object)
    }

    // threats: SCP-03
    @Test
    func `a key holds its own scopes and those of its roles, none twice, its own first`() throws {
        let client = Sample.client {
            $0.scopes = ["write", "read"]
            $0.roles = [Self.reader, RoleGrant(name: "lister", scopes: ["list", "count"])]
        }
        #expect(try String(decoding: grant(client).shape.scope, as: UTF8.self) == "write read list count")
        #expect(try String(decoding: grant(client, "&scope=count").shape.scope, as: UTF8.self) == "count")
        #expect(throws: OAuthError.self) { try grant(client, "&scope=reader") }
        #expect(client.policy.mayRevoke == false)
        let revoker = Sample.client { $0.roles = [RoleGrant(name: "r", scopes: ["tokens:revoke"])] }
        #expect(revoker.policy.mayRevoke)
    }

    @Test(arguments: ["", "&scope=read", "&audience=urn:a"])
    func `the names of roles and groups are claims, whatever was asked`(parameters: String) throws {
        for own in ["", #""team":"blue""#] {
            let client = Sample.client {
                $0.scopes = ["read"]
                $0.audiences = [AudienceRecord(name: "urn:a")]
                $0.roles = [Self.reader]
                $0.groups = ["partners", "eu/west"]
                $0.claims = Array(own.utf8)
            }
            let claims = try claims(grant(client, parameters).shape)
            #expect(claims["roles"]?.array?.map(\.string) == ["reader"])
            #expect(claims["groups"]?.array?.map(\.string) == ["partners", "eu/west"])
            #expect(claims["team"]?.string == (own.isEmpty ? nil : "blue"))
        }
    }

    @Test
    func `a key without roles and groups has no such claims, and the token that it had before`() throws {
        let plain = Sample.client { _ in }
        #expect(try claims(grant(plain).shape)["roles"] == nil)
        #expect(try claims(grant(plain).shape)["groups"] == nil)
        let grouped = Sample.client { $0.groups = ["g"] }
        #expect(try claims(grant(grouped).shape)["roles"] == nil)
        #expect(
            try grant(grouped).shape.claims.count == grant(plain).shape.claims.count
                + #""groups":["g"],"#.utf8.count
        )
    }

    @Test
    func `keys share a policy only when their roles, groups and referrers are the same`() throws {
        let table = PolicyTable(issuer: "https://auth.example")
        var records = [Sample.record { _ in }]
        for change: (inout ClientRecord) -> Void in [
            { $0.roles = [Self.reader] }, { $0.roles = [RoleGrant(name: "reader", scopes: ["read"])] },
            { $0.roles = [RoleGrant(name: "other", scopes: ["read", "list"])] }, { $0.groups = ["reader"] },
            { $0.allowedReferrers = ReferrerList(parsing: []) },
            { $0.allowedReferrers = ReferrerList(parsing: ["https://app.example"]) },
        ] { records.append(Sample.record(change)) }
        let policies = records.map { ObjectIdentifier(table.policy(for: $0)) }
        #expect(Set(policies).count == records.count)
        #expect(records.map { ObjectIdentifier(table.policy(for: $0)) } == policies)
    }

    // threats: SCP-04
    @Test
    func `a refresh loses the scope that a role has lost, and gains none that a role has gained`() {
        func granted(_ roles: [RoleGrant]) -> [[UInt8]]? {
            let verdict = RefreshSample.judge(5) { family, rotation in
                family.scope = RefreshSample.words("write read")
                rotation.client = RefreshSample.client {
                    $0.scopes = ["write"]
                    $0.roles = roles
                }
            }
            return RefreshSample.grant(verdict)?.scope
        }
        #expect(granted([Self.reader]) == RefreshSample.words("write read"))
        #expect(granted([RoleGrant(name: "reader", scopes: ["list"])]) == RefreshSample.words("write"))
        #expect(granted([]) == RefreshSample.words("write"))
    }

    // threats: AUT-07
    @Test
    func `a request from a page that is not allowed, or from none, is refused like a wrong key`() throws {
        let client = Sample.client { $0.allowedReferrers = ReferrerList(parsing: ["https://app.example"]) }
        let page = Referrer(origin: ["https://app.example"], referer: [])
        #expect(throws: Never.self) { try grant(client, referrer: page) }
        let evil = Referrer(origin: ["https://evil.example"], referer: [])
        for referrer in [.unknown, evil] {
            let error = #expect(throws: OAuthError.self) { try grant(client, referrer: referrer) }
            #expect(error?.code == .invalidClient && error?.description == ClientRefusal.description)
            // Before anything that another answer would give away.
            let named = #expect(throws: OAuthError.self) {
                try grant(client, "&client_id=key_x", referrer: referrer)
            }
            #expect(named?.code == .invalidClient)
        }
        #expect(throws: Never.self) { try grant(Sample.client { _ in }, referrer: .unknown) }
    }
}
