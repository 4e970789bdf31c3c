import AuthorizationServer
import OAuth
import Primitives
import Testing

@testable import tokenbooth

@Suite("The published key set: RFC 7517 §5")
struct KeySetTests {
    // threats: MET-03
    @Test
    func `over a thousand rotations the key set has each key once, that which signs, and nothing private`()
        async throws
    {
        let room = try KeyRoom()
        let keeper = try await room.start()
        var seen: Set<[UInt8]> = []
        for _ in 0..<1_000 {
            room.hand.move(KeyRoom.rotation)
            await keeper.tend()
            let set = await keeper.ring.jwks
            let keys = try JSONValue(parsing: set).object?["keys"]?.array?.compactMap(\.object) ?? []
            let kids = keys.compactMap { $0["kid"]?.string }
            #expect(kids.count == keys.count && Set(kids).count == kids.count)
            #expect(await Set(keeper.signing + keeper.waiting + keeper.retired) == Set(kids))
            for member in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
                #expect(keys.allSatisfy { $0[member] == nil })
            }
            #expect(seen.insert(set).inserted)
            await keeper.tend()
            #expect(await keeper.ring.jwks == set)
        }
    }
}
