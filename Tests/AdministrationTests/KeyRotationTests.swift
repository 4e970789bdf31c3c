import AdminAPI
import Administration
import AuthorizationServer
import OAuth
import Primitives
import SQLiteStore
import Testing

@Suite("API keys: rotated, and found by their secrets")
struct KeyRotationTests {
    let booth: Booth
    private let hour: Int64 = 3600

    init() async throws { booth = try await Booth() }

    private func made() async throws -> (key: KeyRecord, secret: APIKey) {
        try await booth.administration.createKey(KeyCreation(name: "n"), by: booth.root, at: booth.now)
    }

    private func owner(of secret: APIKey, by administrator: Administrator? = nil, after seconds: Int64 = 0)
        async throws -> String
    {
        let (desk, now) = (booth.administration, booth.now.advanced(by: seconds))
        return try await outcome {
            try await desk.lookupKey(secret, by: administrator ?? booth.root, at: now).id
        }
    }

    @Test
    func `a rotation changes the secret and its hint, and nothing else`() async throws {
        let body = #"{"name":"n","expires_at":"2030-01-01T00:00:00Z","claims":{"a":1}}"#
        let before = try await booth.create(body)
        let (key, secret) = try await booth.rotate(before.id)
        #expect(key.digest == secret.digest && key.hint == secret.hint && key.digest != before.digest)
        #expect(key.previousSecret?.digest == before.digest && key.previousSecret?.hint == before.hint)
        #expect(key.previousSecret?.expiresAt == booth.now.advanced(by: hour))
        #expect(key.expiresAt == before.expiresAt && key.createdAt == before.createdAt)
        var same = key
        same.digest = before.digest
        same.hint = before.hint
        same.previousSecret = nil
        let texts = [same, before].map { $0.message(at: booth.now).json.serialized }
        #expect(texts[0] == texts[1])
        let stored = try #require(try await booth.store.read { try $0.key(before.id) })
        #expect(stored.previousSecret == key.previousSecret && stored.digest == key.digest)
    }

    @Test
    func `both secrets find the key until the overlap ends, and a second rotation ends the oldest`()
        async throws
    {
        let (key, first) = try await made()
        let (_, second) = try await booth.rotate(key.id)
        #expect(try await owner(of: first) == "done")
        #expect(try await owner(of: second) == "done")
        #expect(try await owner(of: first, after: hour - 1) == "done")
        #expect(try await owner(of: first, after: hour) == "not found")
        let (again, third) = try await booth.rotate(key.id)
        #expect(try await owner(of: first) == "not found")
        #expect(try await owner(of: second) == "done")
        #expect(try await owner(of: third) == "done")
        #expect(again.message(at: booth.now).rotation?.previousHint == second.hint)
        #expect(again.message(at: booth.now.advanced(by: hour)).rotation == nil)
        let (alone, _) = try await booth.rotate(key.id, grace: 0)
        #expect(alone.previousSecret == nil && alone.message(at: booth.now).rotation == nil)
        #expect(try await owner(of: third) == "not found")
    }

    @Test(arguments: [
        ("{}", "done"), (#"{"grace_seconds":null,"end_tokens":null}"#, "done"),
        (#"{"grace_seconds":900}"#, "done"),
        (#"{"grace_seconds":1}"#, "unreadable /grace_seconds"),
        (#"{"grace_seconds":-1}"#, "unreadable /grace_seconds"),
        (#"{"grace_seconds":86401}"#, "unreadable /grace_seconds"),
        (#"{"grace_seconds":1e2}"#, "unreadable /grace_seconds"),
        (
            #"{"grace_seconds":"900","end_tokens":"yes","key":"tbk"}"#,
            "unreadable /key /grace_seconds /end_tokens"
        ),
    ])
    func `only the documented graces are taken`(body: String, expected: String) async throws {
        let id = try await made().key.id
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        #expect(
            try await outcome {
                try await desk.rotateKey(id, KeyRotationOrder(parsing: json(body)), by: root, at: now)
            } == expected
        )
    }

    @Test
    func `the end of an overlap moves, and what was ended stays so`() async throws {
        let (key, first) = try await made()
        #expect(try await outcome { try await booth.moveEnd(key.id, to: 60) } == "conflict")
        _ = try await booth.rotate(key.id)
        #expect(
            try await booth.moveEnd(key.id, to: 86_400).previousSecret?.expiresAt
                == booth.now.advanced(by: 86_400)
        )
        #expect(
            try await outcome { try await booth.moveEnd(key.id, to: 86_401) }
                == "invalid /previous_expires_at"
        )
        #expect(try await owner(of: first, after: 86_399) == "done")
        #expect(try await booth.moveEnd(key.id, to: 5, at: 5).previousSecret == nil)
        #expect(try await owner(of: first, after: -1_000) == "not found", "no clock brings it back")
        #expect(try await outcome { try await booth.moveEnd(key.id, to: 60) } == "conflict")
    }

    @Test
    func `a revoked key is rotated no more`() async throws {
        let (key, _) = try await made()
        try await booth.administration.deleteKey(key.id, by: booth.root, at: booth.now)
        #expect(try await outcome { try await booth.rotate(key.id) } == "conflict")
        #expect(try await outcome { try await booth.moveEnd(key.id, to: 60) } == "conflict")
    }

    // threats: ADM-01
    @Test
    func `an admin rotates and finds the keys that they created, and no others`() async throws {
        try await booth.addScope("a")
        let (alice, bob) = (
            try await booth.administrator("admin", scopes: ["keys:read", "keys:write", "a"]),
            try await booth.administrator("admin", scopes: ["keys:read", "keys:write"])
        )
        let (desk, now) = (booth.administration, booth.now)
        var creation = KeyCreation(name: "hers")
        creation.scopes = ["a"]
        creation.audiences = []
        let (key, secret) = try await desk.createKey(creation, by: booth.root, at: now)
        #expect(try await owner(of: secret, by: alice) == "not found")
        #expect(try await outcome { try await booth.rotate(key.id, by: alice) } == "not found")

        let hers = try await booth.administrator(nil, scopes: [], by: booth.root)
        #expect(try await outcome { try await booth.rotate(hers.id, by: bob) } == "not found")
        #expect(
            try await outcome { try await booth.rotate(alice.id, by: alice) } == "not found",
            "nor themselves"
        )
    }

    @Test
    func `nobody gets a secret for more than they hold`() async throws {
        try await booth.addScope("a")
        let alice = try await booth.administrator(
            "admin",
            scopes: ["keys:read", "keys:write", "a"],
            audiences: ["https://api.example"]
        )
        let id = try await booth.create(
            #"{"name":"n","scopes":["a"],"audiences":["https://api.example"]}"#,
            by: alice
        ).id
        #expect(try await outcome { try await booth.rotate(id, by: alice) } == "done")
        let narrow = Administrator(id: alice.id, scopes: ["keys:write"])
        #expect(try await outcome { try await booth.rotate(id, by: narrow) } == "not held /scopes/0")
        _ = try await booth.update(id, #"{"audiences":["https://other.example"]}"#)
        #expect(try await outcome { try await booth.rotate(id, by: alice) } == "not held /audiences/0")
        #expect(try await outcome { try await booth.rotate(id) } == "done")
    }

    @Test
    func `of two secrets that work the revoked one ends alone, and the last takes the key with it`()
        async throws
    {
        let now = booth.now
        let (made, first) = try await made()
        let (key, second) = try await booth.rotate(made.id)
        #expect(key.revoking(APIKey.generate().digest, at: now) == nil)

        let withoutOld = try #require(key.revoking(first.digest, at: now))
        #expect(withoutOld.revokedAt == nil && withoutOld.previousSecret == nil)
        #expect(withoutOld.revoking(first.digest, at: now) == nil)
        #expect(withoutOld.revoking(second.digest, at: now)?.revokedAt == now)

        let withoutNew = try #require(key.revoking(second.digest, at: now))
        #expect(withoutNew.revokedAt == nil && withoutNew.secretRevokedAt == now)
        #expect(!withoutNew.hasSecret(second.digest, at: now) && withoutNew.hasSecret(first.digest, at: now))
        #expect(withoutNew.revoking(second.digest, at: now) == nil)
        #expect(withoutNew.revoking(first.digest, at: now)?.revokedAt == now)
        let late = now.advanced(by: hour)
        #expect(withoutNew.revoking(first.digest, at: late) == nil, "it has ended before")
        #expect(withoutNew.message(at: late).rotation?.currentRevokedAt == now)
        #expect(key.revoking(first.digest, at: late) == nil)
        #expect(key.revoking(second.digest, at: late)?.revokedAt == late)
    }

    @Test
    func `where the new secret was revoked, a rotation lets the old one go on to its end`() async throws {
        let (made, first) = try await made()
        let (key, second) = try await booth.rotate(made.id)
        let left = try #require(key.revoking(second.digest, at: booth.now))
        try await booth.store.write { try $0.update(left, at: left.createdAt) }
        #expect(try await owner(of: second) == "not found")
        let (next, third) = try await booth.rotate(key.id, grace: 86_400)
        #expect(next.previousSecret?.digest == first.digest && next.secretRevokedAt == nil)
        #expect(next.previousSecret?.expiresAt == booth.now.advanced(by: hour), "not a day")
        #expect(try await owner(of: first) == "done")
        #expect(try await owner(of: third) == "done")
        #expect(try await owner(of: second) == "not found")
    }

    @Test(arguments: [
        (#"{"key":"tbk_short"}"#, "unreadable /key"), (#"{}"#, "unreadable /key"),
        (#"{"key":7}"#, "unreadable /key"),
        (#"{"key":"tbk_0123456789ABCDEFGHIJabcdefghij3pQYh8"}"#, "unreadable /key"),
        (#"{"key":"tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"}"#, "not found"),
    ])
    func `what is no whole key is a mistake that does not repeat it`(body: String, expected: String)
        async throws
    {
        let (desk, root, now) = (booth.administration, booth.root, booth.now)
        let result = try await outcome {
            do {
                return try await desk.lookupKey(KeyLookup(parsing: json(body)).secret, by: root, at: now)
            } catch let invalid as InvalidMessage {
                #expect(invalid.mistakes.allSatisfy { !$0.detail.contains("QYh8") })
                throw invalid
            }
        }
        #expect(result == expected)
    }
}
