package import AuthorizationServer
package import OAuth
import Primitives
import Testing

/// Refresh families as a test uses them: awaited, with a secret and a policy of its own.
package struct FamilyDesk: Sendable {
    package let store: any FamilyStore
    package let client: Client
    package var secret = RefreshSecret([UInt8](repeating: 7, count: 32))
    package var policy = RefreshPolicy()
    package var now = StoreSample.now

    /// - Parameter number: Of a sample key that the store has.
    package init(_ store: any FamilyStore & ClientStore, key number: Int = 1) async throws {
        let record = try #require(try await store.client(withDigest: StoreSample.digest(number)))
        self.store = store
        client = Client(record, policy: ClientPolicy(record, issuer: "https://auth.example"))
    }

    package func open() async throws -> RefreshAnswer {
        let opening = FamilyOpening(
            client: client,
            scope: client.policy.scopes,
            audiences: Array(client.policy.audiences.prefix(1)),
            secret: secret,
            policy: policy,
            now: now
        )
        return try await withCheckedContinuation { done in
            store.open(opening) { done.resume(returning: $0) }
        }.get()
    }

    package func outcome(_ token: RefreshToken, scope: String? = nil) async throws -> Rotation.Outcome {
        let rotation = Rotation(
            token: token,
            secret: secret,
            client: client,
            scope: try scope.map { try Scope(parsing: Array($0.utf8)) },
            audiences: [],
            policy: policy,
            address: nil,
            now: now
        )
        return try await withCheckedContinuation { done in
            store.rotate(rotation) { done.resume(returning: $0) }
        }.get()
    }

    package func revoke(_ token: RefreshToken, project: ProjectID? = nil) async throws -> RevocationOutcome {
        let revocation = FamilyRevocation(
            token: token,
            secret: secret,
            right: RevocationRight(client: client.id, project: project),
            now: now
        )
        return try await withCheckedContinuation { done in
            store.revoke(revocation) { done.resume(returning: $0) }
        }.get()
    }

    /// The first token of a new family.
    package func opened() async throws -> RefreshToken { try #require(try await open().token) }

    /// The successor, or `nil` when the token is refused.
    package func rotated(_ token: RefreshToken, scope: String? = nil) async throws -> RefreshToken? {
        try await outcome(token, scope: scope).answer.token
    }

    package func generation(of token: RefreshToken) async throws -> UInt32? {
        try await store.family(token.family)?.family.generation
    }

    package func isRevoked(_ token: RefreshToken) async throws -> Bool? {
        try await store.family(token.family).map { $0.family.revokedAt != nil }
    }
}

extension RefreshAnswer {
    package var token: RefreshToken? {
        if case .granted(let token, _) = self { token } else { nil }
    }

    package var grant: RefreshGrant? {
        if case .granted(_, let grant) = self { grant } else { nil }
    }

    package var refusal: OAuthError? {
        if case .refused(let error) = self { error } else { nil }
    }
}

extension StoreConformance {
    static let familyRules: [Rule] = [
        Rule("a family is opened with everything that its first token needs") { store, log in
            try await store.fill()
            let desk = try await FamilyDesk(store)
            let answer = try await desk.open()
            let (token, grant) = (try #require(answer.token), try #require(answer.grant))
            let (family, key) = try #require(try await store.family(token.family))
            #expect(log.status(family.status) == .valid)
            #expect(token.generation == 0 && family.generation == 0 && family.client == desk.client.id)
            #expect(desk.secret.isGenuine(token, nonce: family.nonce) && family.secretID == desk.secret.id)
            #expect(family.scope == desk.client.policy.scopes && family.audiences == ["https://b.example"])
            #expect(family.idleExpiry == desk.now.advanced(by: 604_800))
            #expect(family.absoluteExpiry == desk.now.advanced(by: 2_592_000))
            #expect(family.revokedAt == nil && family.rotatedAt == desk.now && family.rotatedFrom == nil)
            #expect(grant.status == family.status && grant.expiresAt == family.idleExpiry)
            #expect(key == GrantStanding(isRevoked: false, expiresAt: nil))
            let other = try #require(try await desk.open().token)
            let second = try #require(try await store.family(other.family)).family
            #expect(other.family > token.family)
            #expect(second.nonce != family.nonce && second.status != family.status)
        },
        Rule("each token is good once, and its successor is the only one") { store, log in
            try await store.fill()
            var desk = try await FamilyDesk(store)
            var token = try await desk.opened()
            _ = log.take()
            for generation in 1...20 as ClosedRange<UInt32> {
                desk.now = desk.now.advanced(by: 100)
                token = try #require(try await desk.rotated(token))
                #expect(token.generation == generation)
            }
            #expect(log.take() == [])
            let family = try #require(try await store.family(token.family)).family
            #expect(family.rotatedAt == desk.now && family.idleExpiry == desk.now.advanced(by: 604_800))
            #expect(family.absoluteExpiry == StoreSample.now.advanced(by: 2_592_000))
        },
        Rule("within the grace the same successor comes again, and nothing is written") { store, log in
            try await store.fill()
            var desk = try await FamilyDesk(store)
            let first = try await desk.opened()
            let second = try #require(try await desk.rotated(first))
            let row = try #require(try await store.family(first.family)).family
            desk.now = desk.now.advanced(by: 9)
            #expect(try await desk.rotated(first) == second)
            #expect(same(try await store.family(first.family)?.family as Any, Optional(row) as Any))
            #expect(log.status(row.status) == .valid)
            desk.now = desk.now.advanced(by: 1)
            let outcome = try await desk.outcome(first)
            #expect(outcome.answer.refusal?.code == .invalidGrant)
            #expect(outcome.event == RefreshEvent(.reuse, family: first.family, client: desk.client.id))
            #expect(log.status(row.status) == .invalid)
            #expect(try await desk.isRevoked(first) == true)
            #expect(try await desk.rotated(second) == nil)
        },
        Rule("a refusal spends nothing") { store, _ in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            let desk = try await FamilyDesk(store)
            let other = try await FamilyDesk(store, key: 2)
            let token = try await desk.opened()
            #expect(try await desk.outcome(token, scope: "more").answer.refusal?.code == .invalidScope)
            #expect(try await other.outcome(token).answer.refusal?.code == .invalidGrant)
            let forged = RefreshToken(family: token.family, generation: 0, tag: token.tag.map { $0 ^ 1 })
            let above = RefreshToken(family: token.family, generation: 9, tag: token.tag)
            let unknown = RefreshToken(family: FamilyID(ULID(high: 1, low: 1)), generation: 0, tag: token.tag)
            for wrong in [forged, above, unknown] {
                #expect(try await desk.outcome(wrong).answer.refusal?.code == .invalidGrant)
            }
            #expect(try await desk.generation(of: token) == 0)
            #expect(try await desk.rotated(token)?.generation == 1)
        },
        Rule("of a hundred rotations at once one wins, and without grace the family ends") { store, _ in
            try await store.fill()
            var desk = try await FamilyDesk(store)
            for grace in [0, 10] {
                desk.policy.grace = grace
                let token = try await desk.opened()
                let answers = await Self.atOnce(100) { [desk] in try? await desk.rotated(token) }
                let granted = answers.compactMap { $0 }
                #expect(granted.count == (grace == 0 ? 1 : 100))
                let isSame = granted.allSatisfy { $0 == granted.first }
                #expect(isSame)
                #expect(try await desk.isRevoked(token) == (grace == 0))
                #expect(try await desk.generation(of: token) == 1)
            }
        },
    ]

    private static func atOnce(
        _ count: Int,
        _ body: @escaping @Sendable () async -> RefreshToken?
    ) async -> [RefreshToken?] {
        await withTaskGroup(of: RefreshToken?.self) { group in
            for _ in 0..<count { group.addTask { await body() } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}
