import Administration
import AuthorizationServer
import OAuth
import Testing

extension StoreConformance {
    private static let second = ProjectID(ULID(high: 1, low: 9))

    /// Key 1 is the admin, who created key 2; everything else is somebody else's.
    static let sharingRules: [Rule] = [
        Rule("a role, an audience and a project are in use by others' live keys") { store, _ in
            let admin = StoreSample.keyID(1)
            var (own, theirs) = (StoreSample.key(1), StoreSample.key(2, owner: admin))
            var (foreign, other) = (StoreSample.key(3), StoreSample.key(4, owner: StoreSample.keyID(3)))
            own.roles = [StoreSample.role(1)]
            theirs.roles = [StoreSample.role(1)]
            foreign.roles = [StoreSample.role(2)]
            (foreign.audiences, foreign.revokedAt) = (["urn:foreign"], StoreSample.now)
            (other.project, other.audiences) = (second, [])
            try await store.fillWithRoles([own, theirs, foreign])
            try await store.change { [other] store in
                try store.insert(StoreSample.project(second, name: "second", audiences: ["urn:x", "urn:y"]))
                try store.insert(other)
            }
            let none = try await uses(store, by: admin)
            #expect(none == [false, false, false, false, true, true, false])
            // Keys without an owner are somebody else's.
            let all = try await uses(store, by: other.id)
            #expect(all == [true, false, true, false, false, false, false])

            theirs.adminRole = .superAdmin
            var back = StoreSample.key(5)
            (back.roles, back.audiences) = ([StoreSample.role(2)], ["urn:foreign"])
            try await store.change { [theirs, back] store in
                try store.update(theirs, at: StoreSample.now)
                try store.insert(back)
            }
            let some = try await uses(store, by: admin)
            #expect(some == [true, true, true, true, true, true, false], "a super admin is nobody's")
        },
        Rule("super admins are counted by the project whose addresses they are held to") { store, _ in
            let admin = StoreSample.keyID(1)
            var keys = [StoreSample.key(1)] + (2...5).map { StoreSample.key($0, owner: admin) }
            for index in [0, 1, 2, 3] { keys[index].adminRole = .superAdmin }
            keys[2].revokedAt = StoreSample.now
            keys[3].isDisabled = true
            keys[4].adminRole = .admin
            try await store.fill(keys)
            try await store.change { try $0.insert(StoreSample.project(second, name: "second")) }
            let counts = try await store.read { store in
                try [StoreSample.project, second].map { try store.countSuperAdmins(heldTo: $0) }
            }
            #expect(counts == [2, 0])
        },
    ]

    private static func uses(_ store: any Store, by admin: KeyID) async throws -> [Bool] {
        try await store.read { store in
            try [
                store.isRoleInUse(StoreSample.role(1).id, besidesKeysOf: admin),
                store.isRoleInUse(StoreSample.role(2).id, besidesKeysOf: admin),
                store.isAudienceInUse("https://a.example", besidesKeysOf: admin),
                store.isAudienceInUse("urn:foreign", besidesKeysOf: admin),
                store.isProjectInUse(second, besidesKeysOf: admin),
                store.isAudienceInUse("urn:x", besidesKeysOf: admin),
                store.isAudienceInUse("urn:y", besidesKeysOf: admin),
            ]
        }
    }
}
