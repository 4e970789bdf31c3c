import JOSE
import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Minting: RFC 9068 §2.2")
struct TokenMinterTests {
    private let now = NumericDate(1_700_000_000)
    private let issuer = "https://auth.example"

    private func grant(_ client: Client, _ shape: TokenShape, list: Int64?) -> AuthorizedGrant {
        AuthorizedGrant(
            grantType: .clientCredentials,
            client: client,
            shape: shape,
            expiresAt: now.advanced(by: 300),
            status: list.flatMap { StatusListID($0) }.flatMap { StatusReference(list: $0, index: 77_777) }
        )
    }

    /// The claims of a new token, which has a `jti` of its own.
    private func claims(
        _ minter: TokenMinter,
        _ grant: AuthorizedGrant,
        _ key: SigningKey
    ) throws -> (text: String, id: String) {
        let token = try minter.mint(grant, at: now).accessToken
        let payload = try CompactJWS(parsing: token).verified(by: key.publicKey).payload
        let object = try #require(JSONValue(parsing: payload).object)
        let id = try #require(object["jti"]?.string)
        return (String(decoding: payload, as: UTF8.self).replacing(id, with: ""), id)
    }

    @Test(arguments: [JWSAlgorithm.es256, .eddsa])
    func `a token with a kept beginning is the token that it would be without`(
        algorithm: JWSAlgorithm
    ) throws {
        let key = try SigningKey.generate(algorithm)
        let minter = try TokenMinter(try #require(KeyRing(active: [key])), issuer: issuer)
        var ids: Set<String> = []
        // Audiences of three lengths: what is left over of three bytes of claims is 0, 1 and 2.
        for audience in ["urn:a", "urn:ab", "urn:abc"] {
            for subject in ["key_0000000000002000000000000001", "somebody \"else\""] {
                let client = Sample.client { record in
                    record.audiences = [AudienceRecord(name: audience)]
                    record.subject = subject
                }
                let lasting = try #require(client.policy.defaultShape)
                #expect(lasting.isLasting)
                let single = TokenShape(
                    issuer: issuer,
                    audiences: client.policy.audiences,
                    scope: lasting.scope,
                    project: client.policy.project,
                    claims: client.policy.claims
                )
                for list in [1, 2, nil, 1] as [Int64?] {
                    let kept = try claims(minter, grant(client, lasting, list: list), key)
                    let plain = try claims(minter, grant(client, single, list: list), key)
                    #expect(kept.text == plain.text)
                    #expect(kept.text.contains(audience + "\""))
                    let uri = "https://auth.example/oauth2/status-lists/"
                    #expect(kept.text.contains(uri) == (list != nil))
                    ids.formUnion([kept.id, plain.id])
                }
            }
        }
        #expect(ids.count == 3 * 2 * 4 * 2)
    }

    @Test
    func `every token says where its status stands`() throws {
        let key = try SigningKey.generate(.es256)
        let minter = try TokenMinter(try #require(KeyRing(active: [key])), issuer: issuer)
        let client = Sample.client()
        let shape = try #require(client.policy.defaultShape)
        for _ in 0..<2 {
            let text = try claims(minter, grant(client, shape, list: 0x0102_0304_0506_0708), key).text
            let uri = "https://auth.example/oauth2/status-lists/AQIDBAUGBwg"
            #expect(text.contains(#","status":{"status_list":{"uri":"\#(uri)","idx":77777}},"#))
        }
    }

    @Test
    func `more shapes than a minter keeps are minted all the same`() throws {
        let key = try SigningKey.generate(.eddsa)
        let minter = try TokenMinter(try #require(KeyRing(active: [key])), issuer: issuer)
        for number in 0..<1_030 {
            let client = Sample.client { $0.audiences = [AudienceRecord(name: "urn:\(number)")] }
            let shape = try #require(client.policy.defaultShape)
            let found = try claims(minter, grant(client, shape, list: 1), key)
            #expect(found.text.contains("\"aud\":\"urn:\(number)\""))
        }
    }
}
