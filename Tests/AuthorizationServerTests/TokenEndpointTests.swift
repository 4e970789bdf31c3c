import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Token endpoint, decided: RFC 6749 §3.2, RFC 8693 §2")
struct TokenEndpointTests {
    private let now = NumericDate(1_700_000_000)
    private let endpoint = TokenEndpoint(
        issuer: "https://auth.example",
        policy: TokenPolicy(defaultLifetime: 300, maximumLifetime: 600),
        refreshPolicy: RefreshPolicy(),
        refreshSecret: RefreshSecret([UInt8](repeating: 7, count: 32))
    )

    private func authorize(
        _ client: Client?,
        _ parameters: String = "",
        subject: Client?? = nil,
        form: String? = nil,
        from address: String? = "127.0.0.1"
    ) throws -> AuthorizedGrant {
        let body = form ?? "grant_type=client_credentials&client_secret=x" + parameters
        let request = try TokenRequest(
            form: FormParameters(parsing: Array(body.utf8)),
            authorization: [],
            apiKeyHeader: []
        )
        let decision = try endpoint.decide(
            request,
            clients: .init(authenticated: client, subject: subject ?? nil),
            from: address.flatMap { IPAddress(parsing: $0.utf8) },
            at: now
        )
        guard case .mint(let grant) = decision else { throw OAuthError(.invalidGrant, "to be kept") }
        return grant
    }

    private func refusal(_ body: () throws -> AuthorizedGrant) -> OAuthError? {
        do {
            _ = try body()
            return nil
        } catch { return error as? OAuthError }
    }

    @Test
    func `a secret of before a rotation is refused from its end on, and its tokens live as long as others`()
        throws
    {
        for (seconds, lifetime) in [(-1, nil), (0, nil), (1, 300), (900, 300)] as [(Int64, Int64?)] {
            let client = Sample.client { $0.secretExpiresAt = now.advanced(by: seconds) }
            let refused = refusal { try authorize(client) }
            #expect((refused?.code == .invalidClient) == (lifetime == nil))
            #expect(refused == nil || refused?.description == ClientRefusal.description)
            guard let lifetime else { continue }
            #expect(try authorize(client).expiresAt == now.advanced(by: lifetime))
        }
    }

    @Test
    func
        `the lifetime is the key's, else the default, at most the server's, and never past the key's own end`()
        throws
    {
        let cases: [(own: Int?, expires: Int64?, seconds: Int64)] = [
            (nil, nil, 300), (60, nil, 60), (3_600, nil, 600), (nil, 100, 100), (60, 100, 60), (3_600, 1, 1),
            (nil, Int64.max - 1_700_000_000, 300),
        ]
        for (own, expires, seconds) in cases {
            let client = Sample.client { record in
                record.accessTokenLifetime = own
                record.expiresAt = expires.map { now.advanced(by: $0) }
            }
            #expect(try authorize(client).expiresAt == now.advanced(by: seconds))
        }
    }

    // threats: AUT-07
    @Test
    func `every cause gives the same refusal, and only the log knows which`() {
        let clients = [
            nil, Sample.client { $0.isDisabled = true }, Sample.client { $0.isRevoked = true },
            Sample.client { $0.expiresAt = now },
            Sample.client { $0.expiresAt = now.advanced(by: -1) },
            Sample.client { $0.allowedAddresses = AddressList([]) },
            Sample.client { $0.projectAllowedAddresses = AddressList([]) },
        ]
        for client in clients {
            let refusal = refusal { try authorize(client) }
            #expect(refusal?.code == .invalidClient)
            #expect(refusal?.description == ClientRefusal.description)
            #expect(refusal?.detail != nil)
        }
    }

    // threats: IPA-08
    @Test
    func `a peer without an address is refused wherever a list exists`() throws {
        let listed = Sample.client { $0.allowedAddresses = try? AddressList(parsing: ["0.0.0.0/0", "::/0"]) }
        #expect(refusal { try authorize(listed, from: nil) }?.code == .invalidClient)
        #expect(refusal { try authorize(listed) } == nil)
        #expect(refusal { try authorize(Sample.client(), from: nil) } == nil)
    }

    // threats: AUT-08
    @Test
    func `the grant type must be one of the client's`() {
        let client = Sample.client { $0.grantTypes = [.tokenExchange] }
        #expect(refusal { try authorize(client) }?.code == .unauthorizedClient)
    }

    @Test
    func `a disabled key is not told that its grant type is wrong`() {
        let client = Sample.client {
            $0.grantTypes = []; $0.isDisabled = true
        }
        #expect(refusal { try authorize(client, "&scope=none&audience=urn:none") }?.code == .invalidClient)
    }

    // threats: SCP-01, SCP-03
    @Test
    func `scopes are compared as bytes`() throws {
        let client = Sample.client { $0.scopes = ["read", "read:all"] }
        #expect(try authorize(client, "&scope=read:all").shape.scope == Array("read:all".utf8))
        for scope in ["Read", "read:", "read:al", "rea", "read+write"] {
            #expect(refusal { try authorize(client, "&scope=" + scope) }?.code == .invalidScope)
        }
    }

    // threats: LOG-02
    @Test
    func `what looks like an API key in a scope is not in the detail`() {
        let key = String(decoding: APIKey.generate().secret, as: UTF8.self)
        for scope in [key, "x." + key] {
            let refusal = refusal { try authorize(Sample.client(), "&scope=" + scope) }
            #expect(refusal?.code == .invalidScope && refusal?.detail?.contains("tbk_") == false)
        }
    }

    // threats: SCP-04, SCP-06
    @Test
    func `audiences are compared as bytes, and the first is the default`() throws {
        let client = Sample.client {
            $0.audiences = [AudienceRecord(name: "urn:caf\u{E9}"), AudienceRecord(name: "urn:b")]
        }
        #expect(try contains(authorize(client), "\"aud\":\"urn:caf\u{E9}\""))
        #expect(try contains(authorize(client, "&audience=urn:b"), "\"aud\":\"urn:b\""))
        #expect(
            try contains(
                authorize(client, "&audience=urn:b&audience=urn:caf%C3%A9"),
                "\"aud\":[\"urn:b\",\"urn:caf\u{E9}\"]"
            )
        )
        #expect(refusal { try authorize(client, "&audience=urn:cafe%CC%81") }?.code == .invalidTarget)
        #expect(refusal { try authorize(Sample.client { $0.audiences = [] }) }?.code == .invalidTarget)
        let fallback = Sample.client {
            $0.audiences = []; $0.projectDefaultAudience = AudienceRecord(name: "urn:p")
        }
        #expect(try contains(authorize(fallback), "\"aud\":\"urn:p\""))
    }

    private func contains(_ grant: AuthorizedGrant, _ text: String) -> Bool {
        String(decoding: grant.shape.claims, as: UTF8.self).contains(text)
    }

    @Test
    func `the admin audience is alone`() {
        let names = ["urn:tokenbooth:admin", "urn:b"]
        let client = Sample.client { $0.audiences = names.map { AudienceRecord(name: $0) } }
        #expect(
            refusal { try authorize(client, "&audience=urn:b&audience=urn:tokenbooth:admin") }?.code
                == .invalidTarget
        )
        #expect(refusal { try authorize(client, "&audience=urn:tokenbooth:admin") } == nil)
    }

    @Test
    func `a subject token beside a credential must be of the same key`() {
        let exchange =
            "grant_type=\(GrantType.tokenExchange.rawValue)&subject_token=x&subject_token_type=\(TokenType.apiKey)"
        let (one, two) = (Sample.client(), Sample.client(number: 2))
        #expect(
            refusal { try authorize(one, subject: two, form: exchange + "&client_secret=y") }?.code
                == .invalidRequest
        )
        #expect(
            refusal { try authorize(one, subject: .some(nil), form: exchange + "&client_secret=y") }?.code
                == .invalidRequest
        )
        #expect(
            refusal { try authorize(nil, subject: two, form: exchange + "&client_secret=y") }?.code
                == .invalidClient
        )
        #expect(refusal { try authorize(nil, subject: .some(nil), form: exchange) }?.code == .invalidClient)
        #expect(refusal { try authorize(one, subject: one, form: exchange + "&client_secret=y") } == nil)
        #expect(refusal { try authorize(nil, subject: one, form: exchange) } == nil)
    }
}

enum Sample {
    static func record(number: UInt64 = 1, _ change: (inout ClientRecord) -> Void = { _ in }) -> ClientRecord
    {
        let id = KeyID(ULID(high: 1, low: number))
        var record = ClientRecord(
            id: id,
            digest: SHA256.hash([UInt8(truncatingIfNeeded: number)]),
            subject: id.description,
            project: ProjectID(ULID(high: 1, low: 1)),
            scopes: ["read", "write"],
            audiences: [AudienceRecord(name: "urn:a")],
            projectDefaultAudience: nil,
            grantTypes: [.clientCredentials, .tokenExchange],
            claims: [],
            isDisabled: false,
            isRevoked: false,
            expiresAt: nil,
            accessTokenLifetime: nil,
            allowedAddresses: nil,
            projectAllowedAddresses: nil
        )
        change(&record)
        return record
    }

    static func client(number: UInt64 = 1, _ change: (inout ClientRecord) -> Void = { _ in }) -> Client {
        let record = record(number: number, change)
        return Client(record, policy: ClientPolicy(record, issuer: "https://auth.example"))
    }
}
