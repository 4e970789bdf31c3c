import AdminAPI
import Administration
import AuthorizationServer
import Glibc
import JOSE
import OAuth
import Testing

@testable import tokenbooth

@Suite("The keeper of the signing keys")
struct SigningKeyKeeperTests {
    private let room: KeyRoom

    init() throws { room = try KeyRoom() }

    // threats: JWT-22
    @Test
    func `a key is published, signs, retires, and is removed when nothing of it can be accepted`()
        async throws
    {
        let keeper = try await room.start()
        let (first, second) = (await keeper.signing[0], await keeper.waiting[0])
        #expect(await keeper.ring.verificationKey(second) == nil)
        await #expect(throws: SigningKeyGate.self) { try await keeper.rotate(["ES256"]) { _ in } }
        room.hand.move(KeyRoom.gate)
        try await keeper.rotate(["ES256"]) { _ in }
        #expect(await keeper.signing == [second])
        #expect(await keeper.retired == [first])
        #expect(await keeper.ring.verificationKey(first) != nil)
        #expect(await keeper.waiting.count == 1)
        await #expect(throws: SigningKeyGate.self) { try await keeper.rotate(["ES256"]) { _ in } }

        room.hand.move(KeyRoom.retention - 1)
        await keeper.tend()
        #expect(await keeper.retired == [first])
        #expect(try room.files().contains(first))
        room.hand.move(1)
        await keeper.tend()
        #expect(await keeper.retired == [])
        #expect(await keeper.ring.verificationKey(first) == nil)
        #expect(try !room.files().contains(first))
        let row = try await room.records().first { $0.kid == first }
        #expect(row?.stage == .removed && row?.isRevoked == false)
    }

    @Test
    func `keys rotate by themselves, each after its time`() async throws {
        let keeper = try await room.start()
        var seen = await keeper.signing
        for _ in 0..<3 {
            let next = await keeper.waiting[0]
            room.hand.move(KeyRoom.rotation - 1)
            await keeper.tend()
            #expect(await keeper.signing == [seen.last])
            room.hand.move(1)
            await keeper.tend()
            #expect(await keeper.signing == [next])
            seen.append(next)
            #expect(keeper.figures.nextRotations == [NumericDate(room.hand.now + KeyRoom.rotation)])
        }
        #expect(Set(seen).count == 4)
    }

    @Test
    func `a start finds every key in the stage that it was in`() async throws {
        var keeper = try await room.start()
        room.hand.move(KeyRoom.gate)
        try await keeper.rotate(["ES256"]) { _ in }
        for _ in 0..<3 {
            let before = (await keeper.signing, await keeper.waiting, await keeper.retired)
            room.hand.move(20)
            keeper = try await room.start()
            let after = (await keeper.signing, await keeper.waiting, await keeper.retired)
            #expect(before == after)
        }
    }

    // threats: KEY-04
    @Test
    func `whatever a crash left between files and rows is put right by the next start`() async throws {
        var keeper = try await room.start()
        let (first, second) = (await keeper.signing[0], await keeper.waiting[0])
        // Between file and row: the file is a key that waits behind the others.
        let made = try SigningKey.generate(.es256)
        let directory = try KeysDirectory(opening: room.scratch.path + "/keys")
        try directory.store(made)
        room.hand.move(5)
        keeper = try await room.start()
        #expect(await keeper.signing == [first])
        #expect(await keeper.waiting == [second, made.kid])
        // Between row and file, when a key goes: the file goes too, and the key never comes back.
        let file = try #require(try directory.signingKeys().first { $0.kid == second })
        _ = try await keeper.revoke(second, isForced: false) { _ in }
        #expect(try !room.files().contains(second))
        try directory.store(file)
        keeper = try await room.start()
        #expect(try !room.files().contains(second))
        #expect(await keeper.waiting == [made.kid])
        // A key that waits and has lost its file is replaced.
        try directory.remove(made.kid)
        keeper = try await room.start()
        #expect(await keeper.signing == [first])
        #expect(await keeper.waiting.count == 1)
        #expect(await keeper.waiting != [made.kid])
        // A retired key is published without its file.
        room.hand.move(KeyRoom.gate)
        try await keeper.rotate(["ES256"]) { _ in }
        try directory.remove(first)
        keeper = try await room.start()
        #expect(await keeper.retired == [first])
        // The key that signs must be there.
        try directory.remove(await keeper.signing[0])
        await #expect(throws: StartRefusal.self) { try await room.start() }
    }

    @Test
    func `a restored database whose active key is gone goes on with the oldest key that is there`()
        async throws
    {
        var keeper = try await room.start()
        let (first, second) = (await keeper.signing[0], await keeper.waiting[0])
        let directory = try KeysDirectory(opening: room.scratch.path + "/keys")
        try directory.remove(first)
        await #expect(throws: StartRefusal.self) { try await room.start() }
        keeper = try await room.start(acceptsRestore: true)
        #expect(await keeper.signing == [second])
        #expect(await keeper.waiting.count == 1)
        // Nor is the next one there: what signed at last has no row in a database that is so old.
        for kid in try room.files() { try directory.remove(kid) }
        await #expect(throws: StartRefusal.self) { try await room.start(acceptsRestore: true) }
        let made = try SigningKey.generate(.es256)
        try directory.store(made)
        keeper = try await room.start(acceptsRestore: true)
        #expect(await keeper.signing == [made.kid])
    }

    // threats: KEY-05
    @Test
    func `a directory that takes no new key leaves the old key at work`() async throws {
        let keeper = try await room.start()
        room.hand.move(KeyRoom.rotation)
        let (first, before) = (await keeper.signing, try await room.records())
        let directory = try KeysDirectory(opening: room.scratch.path + "/keys")
        for kid in try room.files() { try directory.remove(kid) }
        for name in ["refresh.secret", "root.key"] { _ = unsafe unlink(room.scratch.path + "/keys/" + name) }
        #expect(unsafe rmdir(room.scratch.path + "/keys") == 0)
        let fault = await #expect(throws: StoreUnavailable.self) {
            try await keeper.rotate(["ES256"]) { _ in }
        }
        #expect(fault?.reason.contains("keys directory") == true)
        await keeper.tend()
        #expect(await keeper.signing == first)
        #expect(try await room.records() == before)
        #expect(keeper.figures.failures == 2)
    }

    @Test
    func `a new algorithm signs when every verifier can know it, and the old one as long`() async throws {
        _ = try await room.start()
        var keeper = try await room.start("EdDSA,ES256")
        let (first, algorithms) = (await keeper.signing, await keeper.ring.pending.map(\.algorithm))
        #expect(await keeper.ring.active.map(\.algorithm) == [.es256])
        #expect(Set(algorithms) == [.es256, .eddsa])
        room.hand.move(KeyRoom.gate - 1)
        await keeper.tend()
        #expect(await keeper.signing == first)
        room.hand.move(1)
        await keeper.tend()
        #expect(await keeper.ring.active.map(\.algorithm) == [.eddsa, .es256])

        // Taken out of the settings, ES256 retires; alone in the settings and new, RS256 waits its turn.
        keeper = try await room.start("EdDSA")
        #expect(await keeper.ring.active.map(\.algorithm) == [.eddsa])
        #expect(await keeper.retired == first)
        keeper = try await room.start("RS256")
        #expect(await keeper.ring.active.map(\.algorithm) == [.eddsa])
        room.hand.move(KeyRoom.gate)
        await keeper.tend()
        #expect(await keeper.ring.active.map(\.algorithm) == [.rs256])
    }

    @Test
    func `a revoked key vouches for nothing from that moment on`() async throws {
        let keeper = try await room.start()
        let (first, second) = (await keeper.signing[0], await keeper.waiting[0])
        await #expect(throws: SigningKeyGate.self) {
            try await keeper.revoke(first, isForced: false) { _ in }
        }
        #expect(await keeper.signing == [first])
        let done = try #require(try await keeper.revoke(first, isForced: true) { _ in })
        #expect(done.successor?.kid == second)
        #expect(done.acceptedElsewhereUntil == NumericDate(room.hand.now + 10))
        #expect(await keeper.signing == [second])
        #expect(await keeper.retired == [])
        #expect(await keeper.waiting.count == 1)
        #expect(await keeper.ring.verificationKey(first) == nil)
        #expect(try !room.files().contains(first))
        #expect(try await keeper.revoke(first, isForced: true) { _ in } == nil)
        room.hand.move(KeyRoom.gate)
        #expect(try await keeper.revoke(second, isForced: false) { _ in } != nil)
    }

    @Test
    func `SIGHUP takes over a key file that appeared, and settings with it`() async throws {
        let keeper = try await room.start()
        let made = try SigningKey.generate(.es256)
        try KeysDirectory(opening: room.scratch.path + "/keys").store(made)
        var settings = try room.settings("ES256")
        settings.signingKeyRotation = TimeSpan(seconds: 100)
        try await keeper.reload(settings) { _ in }
        #expect(await keeper.waiting.contains(made.kid))
        #expect(await keeper.policy().rotation == 100)
    }

    @Test
    func `many who ask at once rotate once`() async throws {
        let keeper = try await room.start()
        room.hand.move(KeyRoom.gate)
        let done = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await keeper.rotate(["ES256"]) { _ in }) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(done == 1)
        #expect(await keeper.retired.count == 1)
        #expect(await keeper.waiting.count == 1)
    }

    @Test
    func `whoever may not ask changes nothing`() async throws {
        let keeper = try await room.start()
        room.hand.move(KeyRoom.gate)
        let before = try await room.records()
        let files = try room.files()
        for isForced in [false, true] {
            let kid = await keeper.signing[0]
            await #expect(throws: AdminRefusal.self) {
                try await keeper.revoke(kid, isForced: isForced) { _ in throw AdminRefusal.notFound("x") }
            }
        }
        await #expect(throws: AdminRefusal.self) {
            try await keeper.rotate(["ES256"]) { _ in throw AdminRefusal.notFound("x") }
        }
        #expect(try await room.records() == before)
        #expect(try room.files() == files)
    }
}
