import Administration
import AuthorizationServer
import JOSE
import OAuth
import Testing

@testable import tokenbooth

@Suite("The dates of the signing keys")
struct SigningKeyDateTests {
    private let room: KeyRoom

    init() throws { room = try KeyRoom() }

    // threats: JWT-22, OPS-04
    @Test
    func `a key that retires while the clock is behind is published as long as its last token lives`()
        async throws
    {
        let keeper = try await room.start()
        let first = await keeper.signing[0]
        room.hand.move(3600)
        await keeper.tend()
        let latest = NumericDate(room.hand.now)
        room.hand.move(-3600)
        try await keeper.rotate(["ES256"]) { _ in }
        room.hand.move(3600)
        let records = try await room.records()
        let old = try #require(records.first { $0.kid == first })
        #expect(try #require(old.publishedUntil) >= latest.advanced(by: 60 + 60))
        let next = try #require(records.first { $0.stage == .pending })
        #expect(next.publishedAt >= latest && next.usableAt >= latest.advanced(by: KeyRoom.gate))
        room.hand.move(60 + 60 - 1)
        await keeper.tend()
        #expect(await keeper.ring.verificationKey(first) != nil)
    }
}
