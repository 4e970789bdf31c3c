import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("Who prolongs and ends the secrets of a key")
struct KeySecretRightsTests {
    let booth: Booth
    private let hour: Int64 = 3600

    init() async throws { booth = try await Booth() }

    @Test
    func `a key that has expired gets no secret that would not work`() async throws {
        let id = try await booth.create(#"{"name":"n","expires_at":"2027-01-15T09:00:00Z"}"#).id
        #expect(try await outcome { try await booth.rotate(id, at: 3_599) } == "done")
        let before = try await booth.stored(id)
        #expect(try await outcome { try await booth.rotate(id, at: 3_600) } == "conflict")
        #expect(try await booth.stored(id) == before)
        let later = booth.now.advanced(by: 3_600)
        _ = try await booth.update(id, #"{"expires_at":null}"#, at: later)
        #expect(try await outcome { try await booth.rotate(id, at: 3_600) } == "done")
    }

    @Test
    func `who does not hold what a key holds ends its old secret, and never prolongs it`() async throws {
        let admin = try await booth.administrator("admin", audiences: ["urn:a"])
        let key = try await booth.create(#"{"name":"n","audiences":["urn:a"]}"#, by: admin)
        try await booth.addScope("more")
        _ = try await booth.update(key.id, #"{"scopes":["more"]}"#)
        _ = try await booth.rotate(key.id)
        #expect(
            try await outcome { try await booth.moveEnd(key.id, to: 7_200, by: admin) }.hasPrefix("not held")
        )
        #expect(try await outcome { try await booth.moveEnd(key.id, to: 60, by: admin) } == "done")
        #expect(try await outcome { try await booth.moveEnd(key.id, to: 0, by: admin) } == "done")
    }

    @Test
    func `a super admin without a secret that works is none, and the last one keeps its last secret`()
        async throws
    {
        let other = try await booth.administrator("super_admin")
        let old = try #require(try await booth.store.read { try $0.key(other.id) }).digest
        let (_, secret) = try await booth.rotate(other.id)
        _ = try await withCheckedContinuation { done in
            booth.store.revokeKey(secret.digest, by: .system, at: booth.now) { done.resume(returning: $0) }
        }.get()
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        // The old secret still works for an hour, so the root key may go in that hour only.
        let late = now.advanced(by: hour)
        #expect(try await booth.store.read { try $0.key(withDigest: old, at: now) } != nil)
        #expect(try await outcome { try await desk.deleteKey(root.id, by: root, at: late) } == "conflict")
        try await desk.deleteKey(root.id, by: root, at: now)
        #expect(try await outcome { try await booth.moveEnd(other.id, to: 0, by: other) } == "conflict")
    }
}
