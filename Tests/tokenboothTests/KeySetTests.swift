import AuthorizationServer
import OAuth
import Primitives
import Testing

@testable import tokenbooth

@Suite("The published key set: RFC 7517 §5")
struct KeySetTests {
    private static let algorithms = ["EC": "ES256", "OKP": "EdDSA", "RSA": "RS256"]

    // threats: MET-03
    @Test(arguments: [("ES256", 1_000), ("ES256,EdDSA,RS256", 8)])
    func `over a thousand rotations the key set has each key once, that which signs, and nothing private`(
        algorithms: String,
        rotations: Int
    ) async throws {
        let room = try KeyRoom()
        let keeper = try await room.start(algorithms)
        var (seen, tags): (Set<[UInt8]>, Set<String>) = ([], [])
        for _ in 0..<rotations {
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
            for key in keys {
                #expect(key["use"]?.string == "sig")
                #expect(try key["alg"]?.string == Self.algorithms[#require(key["kty"]?.string)])
            }
            // A change has a tag that was never there, and no change none.
            let tag = await keeper.ring.entityTag
            #expect(seen.insert(set).inserted && tags.insert(tag).inserted)
            await keeper.tend()
            #expect(await keeper.ring.jwks == set)
            #expect(await keeper.ring.entityTag == tag)
        }
    }
}
