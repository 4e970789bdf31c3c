import JOSE
import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("The one check of a token of ours: RFC 9068 §4, RFC 7662 §2.2")
struct LiveTokenCheckTests {
    private let now = NumericDate(1_700_000_000)
    private let issuer = "https://auth.example"
    private let ring: KeyRing
    private let minter: TokenMinter
    private let board = StatusBoard()
    private let denylist = Denylist()
    private let status: StatusReference

    init() throws {
        let keys = try [SigningKey.generate(.es256), .generate(.eddsa)]
        ring = try #require(KeyRing(active: keys))
        minter = try TokenMinter(ring, issuer: issuer)
        let list = try #require(StatusListID(77))
        status = try #require(StatusReference(list: list, index: 5))
        board.set(status, to: .valid)
        board.finishLoading()
        denylist.finishLoading()
    }

    private func check(notBefore: NumericDate? = nil, denylist: Denylist? = nil) -> LiveTokenCheck {
        LiveTokenCheck(
            issuer: issuer,
            ring: ring,
            board: board,
            denylist: denylist ?? self.denylist,
            notBefore: notBefore
        )
    }

    private func client(_ number: UInt64 = 1, _ change: (inout ClientRecord) -> Void = { _ in }) -> Client {
        Sample.client(number: number) { record in
            record.status = status
            change(&record)
        }
    }

    private func token(of client: Client? = nil, lifetime: Int64 = 300) throws -> [UInt8] {
        let client = client ?? self.client()
        let grant = AuthorizedGrant(
            grantType: .clientCredentials,
            client: client,
            shape: try #require(client.policy.defaultShape),
            expiresAt: now.advanced(by: lifetime),
            status: client.status
        )
        return try minter.mint(grant, at: now).accessToken
    }

    private func live(_ token: [UInt8], _ check: LiveTokenCheck, at time: NumericDate? = nil) -> AccessToken?
    {
        guard case .live(let live)? = try? check.judge(token, at: time ?? now) else { return nil }
        return live.token
    }

    @Test
    func `a token of ours is live from its iat to its exp`() throws {
        let (token, check) = (try token(), check())
        let read = try #require(live(token, check))
        #expect(read.client == client().id && read.subject == client().id.description)
        #expect(read.audiences == ["urn:a"] && read.scope == [Array("read".utf8), Array("write".utf8)])
        #expect(read.issuedAt == now && read.expiresAt == now.advanced(by: 300) && read.actors == 0)
        #expect(read.status == status && read.type == "at+jwt" && read.algorithm == .es256)
        #expect(live(token, check, at: now.advanced(by: 299)) != nil)
        #expect(live(token, check, at: now.advanced(by: 300)) == nil)
        // One of before the clock was set back, by no more than that may be without being noticed.
        #expect(live(token, check, at: now.advanced(by: -60)) != nil)
        #expect(live(token, check, at: now.advanced(by: -61)) == nil)
    }

    // threats: JWT-20
    @Test
    func `no bit can be flipped and nothing cut off`() throws {
        let (token, check) = (try token(), check())
        var accepted = 0
        for index in token.indices {
            for bit in 0..<8 {
                var other = token
                other[index] ^= 1 << bit
                if (try? check.genuine(other, at: now)) != nil { accepted += 1 }
            }
            if (try? check.genuine(Array(token[..<index]), at: now)) != nil { accepted += 1 }
        }
        #expect(accepted == 0)
        #expect((try? check.genuine(token, at: now)) != nil)
    }

    // threats: JWT-03
    @Test
    func `each audience's algorithm and type is accepted, and read the same way`() throws {
        for type in AccessToken.types {
            for algorithm in [nil, "EdDSA"] {
                let audience = AudienceRecord(name: "urn:a", type: type, algorithm: algorithm)
                let token = try token(of: client { $0.audiences = [audience] })
                let read = try #require(live(token, check()))
                #expect(read.type == type && read.algorithm.rawValue == algorithm ?? "ES256")
                let header = try CompactJWS(parsing: token)
                #expect(header.type == type && header.kid == ring.active[algorithm == nil ? 0 : 1].kid)
            }
        }
    }

    @Test
    func `the grant's status decides, and a grant that is unknown is over`() throws {
        let (token, check) = (try token(), check())
        for value in [StatusValue.suspended, .invalid] {
            board.set(status, to: value)
            #expect(live(token, check) == nil)
            #expect(try check.hasEnded(check.genuine(token, at: now)) == (value == .invalid))
        }
        board.set(status, to: .valid)
        #expect(live(token, check) != nil)
        let list = try #require(StatusListID(78))
        let stranger = try #require(StatusReference(list: list, index: 5))
        #expect(live(try self.token(of: client { $0.status = stranger }), check) == nil)
        #expect(live(try self.token(of: client { $0.status = nil }), check) == nil)
    }

    @Test
    func `one denied token is over, its siblings are not`() throws {
        let (token, sibling, check) = (try token(), try token(), check())
        let read = try #require(live(token, check))
        denylist.insert(DeniedToken(id: read.id, expiry: read.expiresAt))
        #expect(live(token, check) == nil && live(sibling, check) != nil)
        #expect(try check.hasEnded(check.genuine(token, at: now)))
    }

    // threats: REV-16
    @Test
    func `what was issued before a restore is not honoured`() throws {
        let token = try token()
        #expect(live(token, check(notBefore: now)) != nil)
        #expect(live(token, check(notBefore: now.advanced(by: 1))) == nil)
    }

    @Test
    func `until the denylist is loaded the store is asked`() async throws {
        let check = check(denylist: Denylist())
        guard case .undecided(let undecided) = try check.judge(token(), at: now) else {
            Issue.record("decided without the store")
            return
        }
        let (clients, id) = (FewClients(clients: []), undecided.token.id)
        let spared = try await undecided.settled(clients: clients, denials: FewDenials(denied: []), at: now)
        #expect(spared != nil)
        let denied = try await undecided.settled(clients: clients, denials: FewDenials(denied: [id]), at: now)
        #expect(denied == nil)
    }

    // threats: EXC-13
    @Test
    func `whoever acts for another must be live too`() async throws {
        let actor = Sample.record(number: 2) { $0.mayExchange = [client().id.description] }
        let exchange = AccessTokenExchange(
            client: Client(actor, policy: ClientPolicy(actor, issuer: issuer)),
            subject: [],
            actor: nil,
            scope: nil,
            audiences: [],
            latestExpiry: now.advanced(by: 60)
        )
        guard case .live(let subject) = try check().judge(token(), at: now) else {
            Issue.record("the subject is not live")
            return
        }
        let derived = try minter.mint(exchange.derived(from: subject, actor: nil), at: now)
        #expect(derived.expiresIn == 60 && derived.issuedTokenType == TokenType.accessToken)
        guard case .undecided(let undecided) = try check().judge(derived.accessToken, at: now) else {
            Issue.record("decided without the store")
            return
        }
        #expect(undecided.token.actors == 1 && undecided.token.status == status)
        let changes: [(isLive: Bool, (inout ClientRecord) -> Void)] = [
            (true, { _ in }), (false, { $0.isDisabled = true }), (false, { $0.isRevoked = true }),
            (false, { $0.expiresAt = now }), (true, { $0.expiresAt = now.advanced(by: 1) }),
        ]
        for (isLive, change) in changes {
            var record = actor
            change(&record)
            let live = try await undecided.settled(
                clients: FewClients(clients: [record]),
                denials: FewDenials(denied: []),
                at: now
            )
            #expect((live != nil) == isLive)
        }
        let gone = try await undecided.settled(
            clients: FewClients(clients: []),
            denials: FewDenials(denied: []),
            at: now
        )
        #expect(gone == nil)
    }
}

private struct FewClients: ClientStore {
    let clients: [ClientRecord]

    func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord? {
        clients.first { $0.digest == digest }
    }

    func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord? {
        clients.first { $0.id == id }
    }
}

/// Answers what is asked of it while a denylist is loading; nothing is changed in it.
private struct FewDenials: DenialStore {
    let denied: Set<TokenID>

    func deny(
        _ denial: TokenDenial,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        done(.failure(StoreUnavailable(reason: "read only")))
    }

    func revokeKey(
        _ digest: SHA256Digest,
        by source: AuditSource,
        at now: NumericDate,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        done(.failure(StoreUnavailable(reason: "read only")))
    }

    func isDenied(_ id: TokenID) async throws(StoreUnavailable) -> Bool { denied.contains(id) }

    func denials() async throws(StoreUnavailable) -> DenialSummary {
        DenialSummary(count: denied.count, forgottenUntil: NumericDate(0))
    }

    func deniedTokens(after id: TokenID?, limit: Int) async throws(StoreUnavailable) -> [DeniedToken] { [] }

    func forgetDeniedTokens(until now: NumericDate, limit: Int) async throws(StoreUnavailable) -> Int { 0 }
}
