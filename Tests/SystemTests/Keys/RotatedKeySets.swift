import Glibc
import Primitives
import Testing

/// As ``KeySetTests`` has it for a thousand rotations, here from outside.
@Suite("The key set while keys rotate: RFC 7517, RFC 9110 §13, RFC 9111")
struct RotatedKeySets {
    private static let paths = ["/oauth2/jwks", "/.well-known/jwks.json"]

    private func expectPublic(_ response: HTTPResponse) {
        let keys = response.json?["keys"]?.array?.compactMap(\.object) ?? []
        let kids = keys.compactMap { $0["kid"]?.string }
        #expect(!keys.isEmpty && kids.count == keys.count && Set(kids).count == keys.count)
        for key in keys {
            for member in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] { #expect(key[member] == nil) }
            #expect(key["use"]?.string == "sig" && key["alg"]?.string == "ES256")
        }
    }

    // threats: MET-03
    @Test
    func `a key set has one tag and a tag one key set, and who has it is not sent it again`() throws {
        let booth = try Rotation.booth("signing_key_rotation: 2s\n")
        let caching = "public, max-age=1"
        var (tags, sets): ([[UInt8]: String], [String: [UInt8]]) = ([:], [:])
        var rounds = 0
        let isDone: Bool? = try eventually(seconds: 30) {
            rounds += 1
            let response = try booth.get(Self.paths[rounds % 2])
            let tag = try #require(response["etag"])
            #expect(response.status == 200 && response["cache-control"] == caching)
            expectPublic(response)
            #expect(tags[response.body] ?? tag == tag && sets[tag] ?? response.body == response.body)
            (tags[response.body], sets[tag]) = (tag, response.body)
            for known in sets.keys {
                let again = try booth.get(Self.paths[rounds % 2], headers: ["If-None-Match: \(known)"])
                #expect(again["cache-control"] == caching)
                // It may have changed meanwhile, yet never to what it was.
                #expect(
                    again.status == (again["etag"] == known ? 304 : 200)
                        && (known == tag || again.status == 200)
                )
                #expect(again.body.isEmpty == (again.status == 304))
            }
            usleep(10_000)
            return sets.count >= 5 ? true : nil
        }
        #expect(isDone == true, "\(sets.count) key sets in \(rounds) rounds")
        #expect(try booth.get("/.well-known/oauth-authorization-server")["cache-control"] == caching)
        Rotation.stop(booth)
    }
}
