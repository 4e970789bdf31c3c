import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

extension StoreConformance {
    static let familyLifeRules: [Rule] = [
        Rule("past the most families of a key the one idle longest ends") { store, log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            var desk = try await FamilyDesk(store)
            let other = try await FamilyDesk(store, key: 2).opened()
            desk.policy.maximumFamilies = 3
            var tokens: [RefreshToken] = []
            for _ in 0..<3 {
                desk.now = desk.now.advanced(by: 1)
                tokens.append(try await desk.opened())
            }
            // The first is used again, so the second is idle longest.
            desk.now = desk.now.advanced(by: 1)
            tokens[0] = try #require(try await desk.rotated(tokens[0]))
            tokens.append(try await desk.opened())
            var revoked: [Bool?] = []
            for token in tokens + [other] {
                let family = try #require(try await store.family(token.family)).family
                revoked.append(family.revokedAt != nil)
                #expect(log.status(family.status) == (family.revokedAt == nil ? .valid : .invalid))
            }
            #expect(revoked == [false, true, false, false, false])
            // A lower limit takes effect with the next one.
            desk.policy.maximumFamilies = 1
            tokens.append(try await desk.opened())
            revoked = []
            for token in tokens + [other] { revoked.append(try await desk.isRevoked(token)) }
            #expect(revoked == [true, true, true, true, false, false])
        },
        Rule("families that have expired do not count, and are not ended again") { store, _ in
            try await store.fill()
            var desk = try await FamilyDesk(store)
            desk.policy = RefreshPolicy(idle: 100, absolute: 1_000, maximumFamilies: 2)
            let expired = [try await desk.opened(), try await desk.opened()]
            desk.now = desk.now.advanced(by: 100)
            let live = [try await desk.opened(), try await desk.opened()]
            for token in expired + live { #expect(try await desk.isRevoked(token) == false) }
            _ = try await desk.opened()
            #expect(try await desk.isRevoked(live[0]) == true)
            for token in expired { #expect(try await desk.isRevoked(token) == false) }
        },
        Rule("a key that has ended opens no family and rotates none") { store, _ in
            let changes: [@Sendable (inout KeyRecord) -> Void] = [
                { $0.isDisabled = true }, { $0.revokedAt = StoreSample.now },
                { $0.expiresAt = StoreSample.now },
            ]
            try await store.fill()
            let desk = try await FamilyDesk(store)
            let token = try await desk.opened()
            for change in changes {
                var key = StoreSample.key(1)
                change(&key)
                let changed = key
                try await store.change { try $0.update(changed, at: StoreSample.now) }
                #expect(try await desk.open().refusal?.code == .invalidClient)
                #expect(try await desk.rotated(token) == nil)
            }
            #expect(try await desk.generation(of: token) == 0)
            #expect(try await desk.isRevoked(token) == false)
        },
        Rule("whoever may revokes a family with any of its tokens") { store, log in
            try await store.fill([StoreSample.key(1), StoreSample.key(2)])
            let desk = try await FamilyDesk(store)
            let other = try await FamilyDesk(store, key: 2)
            let first = try await desk.opened()
            let second = try #require(try await desk.rotated(first))
            let forged = RefreshToken(family: first.family, generation: 1, tag: first.tag)
            let status = try #require(try await store.family(first.family)).family.status
            #expect(try await other.revoke(second) == .notYours)
            #expect(try await other.revoke(second, project: ProjectID(ULID(high: 7, low: 7))) == .notYours)
            #expect(try await desk.revoke(forged) == .done)
            #expect(try await desk.isRevoked(first) == false && log.status(status) == .valid)
            #expect(try await other.revoke(first, project: StoreSample.project) == .done)
            #expect(try await desk.isRevoked(first) == true && log.status(status) == .invalid)
            #expect(try await desk.rotated(second) == nil)
            #expect(try await desk.revoke(second) == .done)
        },
        Rule("families that ended long ago are forgotten, a few at a time") { store, _ in
            try await store.fill()
            var desk = try await FamilyDesk(store)
            desk.policy = RefreshPolicy(idle: 100, absolute: 1_000, maximumFamilies: 1_000)
            var tokens: [RefreshToken] = []
            for _ in 0..<6 { tokens.append(try await desk.opened()) }
            _ = try await desk.revoke(tokens[0])
            desk.now = desk.now.advanced(by: 99)
            let live = try #require(try await desk.rotated(tokens[5]))
            #expect(
                try await store.forgetFamilies(endedUntil: StoreSample.now.advanced(by: -1), limit: 9) == 0
            )
            #expect(
                try await store.forgetFamilies(endedUntil: StoreSample.now.advanced(by: 99), limit: 9) == 1
            )
            #expect(try await store.family(tokens[0].family) == nil)
            let end = StoreSample.now.advanced(by: 100)
            var counts: [Int] = []
            for _ in 0..<6 { counts.append(try await store.forgetFamilies(endedUntil: end, limit: 2)) }
            // Fewer where the disk is slow: it ends in time too.
            #expect(counts.reduce(0, +) == 4 && counts.allSatisfy { $0 <= 2 }, "\(counts)")
            #expect(try await desk.rotated(live)?.generation == 2)
            #expect(try await desk.outcome(tokens[1]).answer.refusal?.code == .invalidGrant)
        },
    ]
}
