import Administration
import AuthorizationServer
import OAuth
import Testing

extension StoreConformance {
    static let catalogueRules: [Rule] = [
        Rule("the built-in scopes are there from the beginning, and stay") { store, _ in
            let scopes = try await store.read { try $0.scopes(PageRequest(limit: 200, after: nil)) }
            let areDescribed = scopes.allSatisfy { $0.isBuiltIn && !$0.description.isEmpty }
            #expect(scopes.count == 19 && areDescribed)
            for name in [
                "keys:write", "signing-keys:read", "audit:read", "tokens:introspect", "tokens:revoke",
            ] {
                #expect(scopes.map(\.name).contains(name))
                let outcome1 = await store.failure { try $0.deleteScope(named: name) }
                #expect(outcome1 is AdminRefusal)
                let changed = ScopeRecord(name: name, description: "mine", isBuiltIn: false)
                let outcome2 = await store.failure { try $0.update(changed) }
                #expect(outcome2 is AdminRefusal)
            }
        },
        Rule("scopes come, change and go, and no cached client is the worse for it") { store, log in
            let scope = ScopeRecord(name: "reports:read", description: "Read reports", isBuiltIn: false)
            try await store.change { try $0.insert(scope) }
            let outcome3 = await store.failure { try $0.insert(scope) }
            #expect(outcome3 is AdminRefusal)
            var changed = scope
            changed.description = "Read any report"
            try await store.change { [changed] in try $0.update(changed) }
            let stored = try #require(await store.scope(named: "reports:read"))
            #expect(same(stored, changed))
            let page = PageRequest(limit: 1, after: "reports:")
            let found5 = try await store.read { try $0.scopes(page) }
            #expect(found5.map(\.name) == ["reports:read"])
            try await store.change { try $0.deleteScope(named: "reports:read") }
            #expect(try await store.scope(named: "reports:read") == nil)
            #expect(log.take() == [])
            let outcome4 = await store.failure { try $0.deleteScope(named: "none") }
            #expect(outcome4 is AdminRefusal)
        },
        Rule("a scope is in use by a live key and by a project's defaults, not by a revoked key") {
            store,
            _ in
            var revoked = StoreSample.key(2)
            revoked.scopes = ["old:scope", "reports:write"]
            revoked.revokedAt = StoreSample.now
            try await store.fill([StoreSample.key(1), revoked])
            let use = try await store.read { store in
                try ["reports:write", "reports:read", "old:scope", "none"].map { try store.isScopeInUse($0) }
            }
            #expect(use == [true, true, false, false])
            var key = StoreSample.key(1)
            key.scopes = []
            try await store.change { [key] in try $0.update(key, at: StoreSample.now) }
            #expect(try await store.isScopeInUse("reports:write") == false)
            #expect(try await store.isScopeInUse("reports:read"))
        },
        Rule("an audience is in use by a live key and by a project's defaults, not by a revoked key") {
            store,
            _ in
            var revoked = StoreSample.key(2)
            revoked.audiences = ["urn:old"]
            revoked.revokedAt = StoreSample.now
            try await store.fill([StoreSample.key(1), revoked])
            let names = ["https://a.example", "https://default.example", "urn:old", "none"]
            let use = try await store.read { store in try names.map { try store.isAudienceInUse($0) } }
            #expect(use == [true, true, false, false])
        },
        Rule("an audience's change makes every cached client stale") { store, log in
            var audience = AudienceRecord(name: "https://api.example", type: "JWT")
            try await store.change { [audience] in try $0.insert(audience) }
            #expect(log.take() == ["everything"])
            audience.algorithm = "RS256"
            try await store.change { [audience] in try $0.update(audience) }
            #expect(log.take() == ["everything"])
            #expect(try await store.audience(named: "https://api.example") == audience)
            let found6 = try await store.read { try $0.audiences(PageRequest(limit: 9, after: nil)) }
            #expect(found6 == [audience])
            try await store.change { try $0.deleteAudience(named: "https://api.example") }
            #expect(log.take() == ["everything"])
            let refusal = await store.failure { [audience] in try $0.update(audience) }
            #expect(refusal is AdminRefusal)
        },
    ]
}
