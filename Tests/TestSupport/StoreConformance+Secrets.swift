import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    private static let now = StoreSample.now

    /// The first sample key after a rotation: its secret is the ninth, the one before it the first.
    private static func rotated(until end: NumericDate = now.advanced(by: 900)) -> KeyRecord {
        var key = StoreSample.key(1)
        key.digest = StoreSample.digest(9)
        key.hint = "tbk_9999…9999"
        key.previousSecret = PreviousSecret(
            digest: StoreSample.digest(1),
            hint: "tbk_0123…7891",
            expiresAt: end
        )
        return key
    }

    static let secretRules: [Rule] = [
        Rule("identifiers and secrets that are here are found among many") { store, _ in
            try await store.fill((1...600).map { StoreSample.key($0) })
            var key = StoreSample.key(2)
            (key.digest, key.previousSecret) = (StoreSample.digest(901), rotated().previousSecret)
            key.previousSecret?.digest = StoreSample.digest(2)
            try await store.change { [key] in try $0.update(key, at: now) }
            for range in [1...1, 1...256, 1...257, 2...1000] {
                let ids = try await store.read { try $0.known(range.map(StoreSample.keyID)) }
                #expect(ids == Set(range.filter { $0 <= 600 }.map(StoreSample.keyID)))
                let digests = try await store.read { try $0.taken(range.map(StoreSample.digest)) }
                #expect(digests == Set(range.filter { $0 <= 600 || $0 == 901 }.map(StoreSample.digest)))
            }
            #expect(try await store.read { try $0.known([]).isEmpty && $0.taken([]).isEmpty })
        },
        Rule("a key with two secrets is read as it was written, and found by both") { store, log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            _ = log.take()
            try await store.change { try $0.update(rotated(), at: now) }
            #expect(
                log.take()
                    == CommittedChange.noted([.key(StoreSample.digest(9)), .key(StoreSample.digest(1))])
            )
            let stored = try #require(await store.key(StoreSample.keyID(1)))
            #expect(same(stored, rotated()))
            let current = try #require(try await store.client(withDigest: StoreSample.digest(9)))
            let previous = try #require(try await store.client(withDigest: StoreSample.digest(1)))
            #expect(current.id == stored.id && current.secretExpiresAt == nil)
            #expect(current.digest == StoreSample.digest(9))
            #expect(previous.id == stored.id && previous.secretExpiresAt == now.advanced(by: 900))
            #expect(previous.digest == StoreSample.digest(1) && previous.scopes == current.scopes)
            #expect(try await store.client(withID: stored.id)?.secretExpiresAt == nil)
            #expect(try await store.client(withDigest: StoreSample.digest(2))?.id == StoreSample.keyID(2))
        },
        Rule("a look-up by a secret ends with it, and taken it stays until it is replaced") { store, _ in
            try await store.fill()
            try await store.change { try $0.update(rotated(), at: now) }
            func found(_ number: Int, after seconds: Int64) async throws -> KeyID? {
                try await store.read { reader in
                    try reader.key(withDigest: StoreSample.digest(number), at: now.advanced(by: seconds))?.id
                }
            }
            #expect(try await found(1, after: 899) == StoreSample.keyID(1))
            #expect(try await found(1, after: 900) == nil)
            #expect(try await found(9, after: 900) == StoreSample.keyID(1))
            #expect(try await found(3, after: 0) == nil)
            let taken = try await store.read { try $0.taken([1, 9, 3].map(StoreSample.digest)) }
            #expect(taken == [StoreSample.digest(1), StoreSample.digest(9)])
            try await store.change { try $0.update(StoreSample.key(1), at: now) }
            #expect(try await store.client(withDigest: StoreSample.digest(9)) == nil)
            #expect(try await store.client(withDigest: StoreSample.digest(1))?.secretExpiresAt == nil)
        },
        Rule("a secret that was revoked alone is refused, while the one before it is not") { store, _ in
            try await store.fill()
            var key = rotated()
            key.secretRevokedAt = now
            try await store.change { [key] in try $0.update(key, at: now) }
            #expect(try await store.client(withDigest: StoreSample.digest(9))?.isRevoked == true)
            #expect(try await store.client(withDigest: StoreSample.digest(1))?.isRevoked == false)
            #expect(try await store.client(withID: key.id)?.isRevoked == false)
            let found = try await store.read { try $0.key(withDigest: StoreSample.digest(9), at: now) }
            #expect(found == nil)
        },
        Rule("ending what a key has got gives it another place, ends its families, and leaves other keys be")
        {
            store,
            log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            let (desk, other) = (try await FamilyDesk(store), try await FamilyDesk(store, key: 2))
            let token = try #require(try await desk.open().token)
            let otherToken = try #require(try await other.open().token)
            let family = try #require(try await store.family(token.family)?.family)
            let before = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
            _ = log.take()
            try await store.change { try $0.endTokens(of: StoreSample.keyID(1), at: now) }
            #expect(log.take() == [CommittedChange.key(StoreSample.digest(1)).noted()])
            let after = try #require(try await store.client(withID: StoreSample.keyID(1))?.status)
            #expect(after != before)
            #expect(log.status(before) == .invalid && log.status(after) == .valid)
            #expect(log.status(family.status) == .invalid)
            #expect(try await desk.outcome(token).answer.refusal?.code == .invalidGrant)
            #expect(try await other.outcome(otherToken).answer.refusal == nil)
            // Whoever authenticated before it and comes to the store after it is late.
            #expect(try await desk.open().refusal?.code == .invalidClient)
            #expect(try await FamilyDesk(store).open().token != nil)
        },
        Rule("many keys are inserted at once, each as if it came alone") { store, log in
            try await store.fill([StoreSample.key(1)])
            var keys = (2...40).map { StoreSample.key($0, owner: StoreSample.keyID($0 - 1)) }
            keys[0].isDisabled = true
            keys[1].revokedAt = now
            keys[2].expiresAt = now.advanced(by: -9)
            try await store.change { [keys] in try $0.insert(keys, at: now) }
            var places: Set<StatusReference> = []
            for (index, key) in keys.enumerated() {
                let stored = try #require(await store.key(key.id))
                #expect(same(stored, key))
                let client = try #require(try await store.client(withDigest: key.digest))
                guard let place = client.status else {
                    #expect(index == 1, "only a revoked key has no place")
                    continue
                }
                #expect(places.insert(place).inserted)
                let expected: StatusValue = index == 0 ? .suspended : index == 2 ? .invalid : .valid
                #expect(log.status(place) == expected)
            }
            #expect(places.count == keys.count - 1)
        },
    ]
}
