import Administration
import AuthorizationServer
import OAuth
import Testing

extension StoreConformance {
    private static let agePolicy = SigningKeyPolicy(
        algorithms: ["ES256"],
        copies: KeySetCopies(maxAge: 300)
    )

    private static func pendingKey(_ kid: String) -> SigningKeyRecord {
        SigningKeyRecord(
            kid: kid,
            algorithm: "ES256",
            stage: .pending,
            createdAt: StoreSample.now,
            jwk: Array(#"{"kty":"EC"}"#.utf8),
            usableAt: StoreSample.now.advanced(by: 360)
        )
    }

    private static let signingKey = pendingKey("kid-1").activated(at: StoreSample.now, agePolicy)

    private static let installation = Installation(
        refreshSecretID: [1, 2, 3, 4, 5, 6, 7, 8],
        createdAt: StoreSample.now,
        signingKeys: [signingKey],
        keySetCopies: KeySetCopies(maxAge: 300, earlierUntil: StoreSample.now)
    )

    private static let project = InitialProject(
        id: StoreSample.project,
        name: "default",
        defaultAudience: "https://issuer.example"
    )

    private static func rootKey(_ number: Int) -> InitialKey {
        InitialKey(
            id: StoreSample.keyID(number),
            name: "root",
            key: .generate(),
            createdAt: StoreSample.now,
            scopes: ["keys:read", "keys:write"],
            allowedAddresses: ["127.0.0.0/8", "::1"]
        )
    }

    static let installationRules: [Rule] = [
        Rule("an empty store knows of no installation; afterwards it knows it all") { store, log in
            #expect(try await store.installation() == nil)
            let root = rootKey(1)
            try await store.install(installation, project: project, rootKey: root)
            let stored = try #require(await store.installation())
            #expect(same(stored, installation))
            #expect(log.take() == ["everything"])
            let client = try #require(await store.client(withDigest: root.key.digest))
            #expect(client.id == root.id && client.subject == root.id.description)
            #expect(client.scopes == ["keys:read", "keys:write"])
            #expect(client.audiences == [AudienceRecord(name: AudienceRecord.administration)])
            #expect(client.projectDefaultAudience?.name == "https://issuer.example")
            #expect(client.allowedAddresses?.allows(IPAddress(high: 0, low: 1)) == true)
            #expect(client.allowedAddresses?.allows(IPAddress(v4: 0x0A00_0001)) == false)
            let key = try #require(await store.key(root.id))
            #expect(key.owner == nil && key.hint == root.key.hint && key.name == "root")
            #expect(key.adminRole == .superAdmin)
        },
        Rule("nothing is installed twice") { store, _ in
            try await store.install(installation, project: project, rootKey: rootKey(1))
            let other = rootKey(2)
            do {
                try await store.install(installation, project: project, rootKey: other)
                Issue.record("installed twice")
            } catch {}
            #expect(try await store.client(withID: other.id) == nil)
        },
        Rule("a signing key file gets one row") { store, _ in
            try await store.install(installation, project: project, rootKey: rootKey(1))
            let key = pendingKey("kid-2")
            try await store.change { try $0.insert(key) }
            #expect(try await store.installation()?.signingKeys.map(\.kid) == ["kid-1", "kid-2"])
            do {
                try await store.change { try $0.insert(key) }
                Issue.record("added twice")
            } catch {}
            #expect(try await store.installation()?.signingKeys.count == 2)
        },
        Rule("a signing key goes through its stages with all its times, and keeps its row") { store, _ in
            try await store.install(installation, project: project, rootKey: rootKey(1))
            let (later, end) = (StoreSample.now.advanced(by: 360), StoreSample.now.advanced(by: 9000))
            let old = signingKey.retired(at: later, agePolicy)
            let new = pendingKey("kid-2").activated(at: later, agePolicy)
            try await store.change { try $0.insert(pendingKey("kid-2")) }
            for change in [old, new] { try await store.change { try $0.update(change) } }
            let both = try await store.read { try $0.signingKeys() }
            #expect(both == [old, new])
            let gone = old.removed(at: end, isRevoked: true)
            try await store.change { try $0.update(gone) }
            let (left, row) = try await store.read { (try $0.signingKeys(), try $0.signingKey("kid-1")) }
            #expect(left == [new] && row == gone)
            #expect(try await store.installation()?.signingKeys == [gone, new])
            let page = PageRequest(limit: 1, after: nil)
            let rest = PageRequest(limit: 5, after: "kid-1")
            let pages = try await store.read { reader in
                [
                    try reader.signingKeys(page, includesRemoved: true),
                    try reader.signingKeys(page, includesRemoved: false),
                    try reader.signingKeys(rest, includesRemoved: true),
                ]
            }
            #expect(pages == [[gone], [new], [new]])
        },
        Rule("one algorithm has one key that signs") { store, _ in
            try await store.install(installation, project: project, rootKey: rootKey(1))
            let second = pendingKey("kid-2").activated(at: StoreSample.now, agePolicy)
            do {
                try await store.change { try $0.insert(second) }
                Issue.record("two keys sign")
            } catch {}
            #expect(try await store.installation()?.signingKeys == [signingKey])
        },
        Rule("how long key sets may be kept is remembered") { store, _ in
            let before = try await store.read { try $0.keySetCopies() }
            #expect(before == nil)
            try await store.install(installation, project: project, rootKey: rootKey(1))
            let longer = KeySetCopies(maxAge: 86_400)
            try await store.change { try $0.set(longer) }
            #expect(try await store.installation()?.keySetCopies == longer)
        },
        Rule("a new root key revokes all that were before it, and no other key") { store, log in
            try await store.install(installation, project: project, rootKey: rootKey(1))
            try await store.change { try $0.insert(StoreSample.key(7, owner: StoreSample.keyID(1))) }
            let old = try #require(await store.client(withID: StoreSample.keyID(1)))
            _ = log.take()
            let new = rootKey(2)
            try await store.replaceRootKey(with: new)
            #expect(
                log.take() == CommittedChange.noted([CommittedChange.key(old.digest), .key(new.key.digest)])
            )
            #expect(try await store.client(withID: old.id)?.isRevoked == true)
            #expect(try await store.client(withID: StoreSample.keyID(7))?.isRevoked == false)
            let client = try #require(await store.client(withDigest: new.key.digest))
            #expect(try await store.key(new.id)?.adminRole == .superAdmin && !client.isRevoked)
            #expect(client.project == StoreSample.project)
            try await store.replaceRootKey(with: rootKey(3))
            #expect(try await store.client(withID: new.id)?.isRevoked == true)
        },
        Rule("that it can be written is proven by writing, again and again") { store, _ in
            for second in 0..<3 as Range<Int64> { try await store.proveWritable(at: NumericDate(second)) }
        },
    ]
}
