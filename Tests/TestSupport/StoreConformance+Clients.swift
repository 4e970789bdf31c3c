import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    static let clientRules: [Rule] = [
        Rule("what nobody has stored is no client") { store, _ in
            try await store.fill()
            #expect(try await store.client(withDigest: StoreSample.digest(2)) == nil)
            #expect(try await store.client(withID: StoreSample.keyID(2)) == nil)
        },
        Rule("a client is the same by its digest and by its id") { store, _ in
            try await store.fill()
            var client = try #require(await store.client(withDigest: StoreSample.digest(1)))
            var other = try #require(await store.client(withID: StoreSample.keyID(1)))
            // A set prints in any order.
            #expect(client.grantTypes == other.grantTypes)
            #expect(client.grantTypes == [.clientCredentials, .tokenExchange])
            (client.grantTypes, other.grantTypes) = ([], [])
            #expect(same(client, other))
            #expect(client.id == StoreSample.keyID(1) && client.digest == StoreSample.digest(1))
            #expect(client.subject == "subject-1" && client.project == StoreSample.project)
            #expect(client.scopes == ["reports:write", "reports:read"])
            #expect(String(decoding: client.claims, as: UTF8.self) == #""team":"a \"b\" é","level":7"#)
            #expect(client.expiresAt == nil)
            #expect(!client.isDisabled && !client.isRevoked)
            #expect(client.allowedAddresses?.ranges.count == 2 && client.projectAllowedAddresses == nil)
        },
        Rule("a key without claims of its own has none, not an empty one") { store, _ in
            var key = StoreSample.key(1)
            key.claims.members = []
            try await store.fill([key])
            #expect(try await store.client(withID: key.id)?.claims == [])
        },
        Rule("audiences keep their order and have what the catalogue says of each") { store, _ in
            try await store.fill()
            let audience = AudienceRecord(name: "https://a.example", type: "JWT", algorithm: "EdDSA")
            try await store.change { try $0.insert(audience) }
            let client = try #require(await store.client(withID: StoreSample.keyID(1)))
            #expect(client.audiences == [AudienceRecord(name: "https://b.example"), audience])
            #expect(client.projectDefaultAudience == AudienceRecord(name: "https://default.example"))
            try await store.change { try $0.deleteAudience(named: "https://a.example") }
            let later = try #require(await store.client(withID: StoreSample.keyID(1)))
            #expect(later.audiences.last == AudienceRecord(name: "https://a.example"))
        },
        Rule("the default audience is the project's first, if it has one") { store, _ in
            var key = StoreSample.key(1)
            key.audiences = []
            try await store.fill([key])
            try await store.change { store in
                try store.update(StoreSample.project(audiences: ["urn:z", "urn:a"]))
                try store.insert(AudienceRecord(name: "urn:z", type: "JWT"))
            }
            let client = try #require(await store.client(withID: key.id))
            #expect(client.audiences.isEmpty)
            #expect(client.projectDefaultAudience == AudienceRecord(name: "urn:z", type: "JWT"))
            try await store.change { try $0.update(StoreSample.project(audiences: [])) }
            #expect(try await store.client(withID: key.id)?.projectDefaultAudience == nil)
        },
        Rule("a key's lifetime comes before its project's") { store, _ in
            var own = StoreSample.key(2)
            own.accessTokenLifetime = 60
            try await store.fill([StoreSample.key(1), own])
            #expect(try await store.client(withID: StoreSample.keyID(1))?.accessTokenLifetime == 120)
            #expect(try await store.client(withID: own.id)?.accessTokenLifetime == 60)
            var project = StoreSample.project()
            project.accessTokenLifetime = nil
            try await store.change { [project] in try $0.update(project) }
            #expect(try await store.client(withID: StoreSample.keyID(1))?.accessTokenLifetime == nil)
        },
        Rule("an empty list of addresses is not a missing one") { store, _ in
            var closed = StoreSample.key(1)
            closed.allowedAddresses = []
            var open = StoreSample.key(2, owner: closed.id)
            open.allowedAddresses = nil
            try await store.fill([closed, open])
            #expect(try await store.client(withID: closed.id)?.allowedAddresses == AddressList([]))
            #expect(try await store.client(withID: open.id)?.allowedAddresses == nil)
            var project = StoreSample.project()
            project.allowedAddresses = ["10.0.0.0/8"]
            try await store.change { [project] in try $0.update(project) }
            #expect(try await store.client(withID: open.id)?.projectAllowedAddresses?.ranges.count == 1)
            // Nobody owns the root key, and its project cannot lock it out.
            #expect(try await store.client(withID: closed.id)?.projectAllowedAddresses == nil)
        },
        Rule("a key that is disabled, expired or revoked is found, and says so") { store, _ in
            var key = StoreSample.key(1)
            key.isDisabled = true
            key.expiresAt = NumericDate(5)
            key.revokedAt = NumericDate(6)
            try await store.fill([key])
            let client = try #require(await store.client(withDigest: key.digest))
            #expect(client.isDisabled && client.isRevoked && client.expiresAt == NumericDate(5))
        },
    ]
}
