import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    static let keyRules: [Rule] = [
        Rule("a key is read as it was written") { store, _ in
            var second = StoreSample.key(2, owner: StoreSample.keyID(1))
            second.adminRole = .superAdmin
            second.expiresAt = NumericDate(99)
            second.isDisabled = true
            second.revokedAt = NumericDate(98)
            second.accessTokenLifetime = 77
            second.allowedAddresses = nil
            second.audiences = []
            second.scopes = []
            second.grantTypes = []
            try await store.fill([StoreSample.key(1), second])
            for key in [StoreSample.key(1), second] {
                let stored = try #require(await store.key(key.id))
                #expect(same(stored, key))
            }
            #expect(try await store.key(StoreSample.keyID(3)) == nil)
        },
        Rule("an update replaces the whole key, and the old secret finds nothing") { store, log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            _ = log.take()
            var key = StoreSample.key(1)
            key.digest = StoreSample.digest(9)
            key.name = "renamed"
            key.scopes = ["reports:write"]
            key.audiences = ["urn:only"]
            key.claims = JSONObject()
            try await store.change { [key] in try $0.update(key, at: StoreSample.now) }
            #expect(
                log.take()
                    == CommittedChange.noted([CommittedChange.key(key.digest), .key(StoreSample.digest(1))])
            )
            let stored = try #require(await store.key(StoreSample.keyID(1)))
            #expect(same(stored, key))
            #expect(try await store.client(withDigest: StoreSample.digest(1)) == nil)
            #expect(try await store.client(withDigest: key.digest)?.scopes == ["reports:write"])
            let neighbour = try #require(await store.key(StoreSample.keyID(2)))
            #expect(same(neighbour, StoreSample.key(2)))
        },
        Rule("a change is announced before it is answered, and only when it happened") { store, log in
            try await store.fill([])
            #expect(log.take() == [])
            try await store.change { try $0.insert(StoreSample.key(1)) }
            #expect(log.take() == [CommittedChange.key(StoreSample.digest(1)).noted()])
            let refusal = await store.failure { store in
                try store.insert(StoreSample.key(2))
                throw AdminRefusal.conflict("no")
            }
            #expect(refusal is AdminRefusal)
            #expect(log.take() == [])
        },
        Rule("a closure that throws has changed nothing, and its error comes out as it was") { store, _ in
            try await store.fill()
            let refusal = await store.failure { store in
                try store.insert(StoreSample.key(2))
                var first = StoreSample.key(1)
                first.scopes = ["other:scope"]
                try store.update(first, at: StoreSample.now)
                throw AdminRefusal.missingScope("keys:write")
            }
            if case AdminRefusal.missingScope("keys:write")? = refusal {
            } else {
                Issue.record("another error")
            }
            #expect(try await store.key(StoreSample.keyID(2)) == nil)
            #expect(try await store.client(withID: StoreSample.keyID(1))?.scopes == StoreSample.key(1).scopes)
            #expect(try await store.isScopeInUse("other:scope") == false)
        },
        Rule("a key whose owner or project is not there is refused, and never becomes a root key") {
            store,
            _ in
            try await store.fill()
            for key in [
                StoreSample.key(2, owner: StoreSample.keyID(7)),
                StoreSample.key(2, in: ProjectID(ULID(high: 7, low: 7))),
            ] {
                let outcome1 = await store.failure { try $0.insert(key) }
                #expect(outcome1 is AdminRefusal)
            }
            let outcome2 = await store.failure { try $0.update(StoreSample.key(2), at: StoreSample.now) }
            #expect(outcome2 is AdminRefusal)
            #expect(try await store.countKeys(inProject: StoreSample.project) == 1)
        },
        Rule("neither an id nor a digest is stored twice") { store, _ in
            try await store.fill()
            var twin = StoreSample.key(2)
            twin.digest = StoreSample.digest(1)
            let refusal1 = await store.failure { [twin] in try $0.insert(twin) }
            #expect(refusal1 is AdminRefusal)
            var double = StoreSample.key(1)
            double.digest = StoreSample.digest(2)
            let refusal2 = await store.failure { [double] in try $0.insert(double) }
            #expect(refusal2 is AdminRefusal)
        },
        Rule("text that the database would cut short is refused, not cut") { store, _ in
            var key = StoreSample.key(1)
            key.name = "before\0after"
            try await store.fill([])
            let refusal3 = await store.failure { [key] in try $0.insert(key) }
            #expect(refusal3 is StoreUnavailable)
            key.name = "reports"
            key.scopes = ["two words"]
            let refusal4 = await store.failure { [key] in try $0.insert(key) }
            #expect(refusal4 is StoreUnavailable)
            #expect(try await store.countKeys(inProject: StoreSample.project) == 0)
        },
        Rule("only super admins that can act are counted") { store, _ in
            let keys = (1...5).map { number in
                var key = StoreSample.key(number)
                key.adminRole = number == 5 ? .admin : .superAdmin
                return key
            }
            try await store.fill(keys)
            var (disabled, expired, revoked) = (keys[0], keys[1], keys[2])
            disabled.isDisabled = true
            expired.expiresAt = StoreSample.now
            revoked.revokedAt = StoreSample.now
            try await store.change { [disabled, expired, revoked] store in
                for key in [disabled, expired, revoked] { try store.update(key, at: StoreSample.now) }
            }
            #expect(try await store.countSuperAdmins(at: StoreSample.now) == 1)
            #expect(try await store.countSuperAdmins(at: StoreSample.now.advanced(by: -1)) == 2)
        },
    ]
}
