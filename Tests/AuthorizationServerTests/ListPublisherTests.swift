import JOSE
import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Signed lists: draft-ietf-oauth-status-list §5.1, §8")
struct ListPublisherTests {
    private let board = StatusBoard()
    private let denylist = Denylist()
    private let key: SigningKey
    private let list: StatusListID
    private let terms: ListTerms
    private let start = NumericDate(1_700_000_000)

    init() throws {
        key = try SigningKey.generate(.es256)
        list = try #require(StatusListID(1))
        terms = ListTerms(
            issuer: "https://auth.example",
            ring: try #require(KeyRing(active: [key])),
            timeToLive: 30
        )
        board.add(list, isWithdrawn: false)
        board.finishLoading()
        denylist.finishLoading()
    }

    private var publisher: ListPublisher { ListPublisher(board: board, denylist: denylist) }

    private func moment(_ seconds: Double) -> Moment {
        Moment(
            now: start.advanced(by: Int64(seconds)),
            uptime: 1_000_000_000_000 + UInt64(seconds * 1_000_000_000)
        )
    }

    private func set(_ index: Int64, _ value: StatusValue) throws {
        board.set(try #require(StatusReference(list: list, index: index)), to: value)
    }

    private func claims(_ list: SignedList?, type: String = "statuslist+jwt") throws -> JSONObject {
        let list = try #require(list)
        let jws = try CompactJWS(parsing: list.body, maximumSize: 4_000_000)
        #expect(jws.type == type && jws.kid == key.kid)
        let payload = try jws.verified(by: key.publicKey).payload
        return try #require(JSONValue(parsing: payload).object)
    }

    @Test
    func `a status list says what the draft asks of it`() throws {
        try set(0, .invalid)
        try set(131_071, .suspended)
        let claims = try claims(publisher.statusList(list, terms: terms, at: moment(0)))
        #expect(claims["iss"]?.string == "https://auth.example")
        #expect(claims["sub"]?.string == "https://auth.example/oauth2/status-lists/AAAAAAAAAAE")
        #expect(claims["iat"]?.integer == start.seconds && claims["exp"]?.integer == start.seconds + 300)
        #expect(claims["ttl"]?.integer == 30)
        let status = try #require(claims["status_list"]?.object)
        #expect(status.members.map(\.name) == ["bits", "lst"] && status["bits"]?.integer == 2)
        let text = try #require(status["lst"]?.string)
        let compressed = try #require(Base64URL.decode(Array(text.utf8)[...]))
        let bytes = try #require(Zlib.decompress(compressed, limit: 1 << 20))
        #expect(bytes.count == 32_768 && bytes.first == 1 && bytes.last == 0b1000_0000)
        #expect(bytes.dropFirst().dropLast().allSatisfy { $0 == 0 })
    }

    @Test
    func `a list is signed anew at the first request after a change, and at most once a second`() throws {
        let publisher = publisher
        let first = try publisher.statusList(list, terms: terms, at: moment(0.5))
        try set(1, .invalid)
        let tooSoon = try publisher.statusList(list, terms: terms, at: moment(1.4))
        #expect(tooSoon?.entityTag == first?.entityTag && tooSoon?.body == first?.body)
        let second = try publisher.statusList(list, terms: terms, at: moment(1.5))
        #expect(second?.entityTag != first?.entityTag)
        #expect(try claims(second)["iat"]?.integer == start.seconds + 1)
        // Its `ttl` runs from its `iat`, a whole second.
        let third = try publisher.statusList(list, terms: terms, at: moment(30.9))
        #expect(third?.entityTag == second?.entityTag)
        #expect(publisher.signatureCount == 2)
    }

    @Test
    func `without a change it is signed once per ttl`() throws {
        let publisher = publisher
        let tags = try (0..<121).map { second in
            try publisher.statusList(list, terms: terms, at: moment(Double(second)))?.entityTag
        }
        #expect(Set(tags).count == 5 && publisher.signatureCount == 5)
    }

    @Test
    func `iat rises strictly, whatever becomes of the wall clock`() throws {
        let publisher = publisher
        var last: Int64 = 0
        for (round, wall) in [0, 0, -3_600, -3_599, 10, 10].enumerated() {
            try set(Int64(round), .invalid)
            let moment = Moment(now: start.advanced(by: Int64(wall)), uptime: 1 << 40 + UInt64(round) << 31)
            let claims = try claims(publisher.statusList(list, terms: terms, at: moment))
            let issuedAt = try #require(claims["iat"]?.integer)
            #expect(issuedAt > last)
            #expect(claims["exp"]?.integer == issuedAt + 300)
            last = issuedAt
        }
    }

    @Test
    func `a list whose key is not published any more is signed by another`() throws {
        let publisher = publisher
        let first = try publisher.statusList(list, terms: terms, at: moment(0))
        let successor = try SigningKey.generate(.es256)
        var rotated = terms
        rotated.ring = try #require(KeyRing(active: [successor], retired: [key.publicKey]))
        #expect(try publisher.statusList(list, terms: rotated, at: moment(2))?.entityTag == first?.entityTag)
        rotated.ring = try #require(KeyRing(active: [successor]))
        let next = try publisher.statusList(list, terms: rotated, at: moment(3))
        #expect(try next.map { try CompactJWS(parsing: $0.body).kid } == successor.kid)
    }

    @Test
    func `a list that is not ours is none, and the aggregation names all that are`() throws {
        let publisher = publisher
        let unknown = try #require(StatusListID(2))
        #expect(try publisher.statusList(unknown, terms: terms, at: moment(0)) == nil)
        #expect(
            String(decoding: publisher.aggregation(issuer: terms.issuer), as: UTF8.self)
                == #"{"status_lists":["https://auth.example/oauth2/status-lists/AAAAAAAAAAE"]}"#
        )
    }

    // MARK: Revoked tokens

    private func deny(_ count: Int) -> Set<String> {
        var ids: Set<String> = []
        for _ in 0..<count {
            guard let id = TokenID(bytes: SystemRandom.bytes(16)) else { continue }
            denylist.insert(DeniedToken(id: id, until: start.advanced(by: 1_000)))
            ids.insert(String(decoding: Base64URL.encode(id.bytes), as: UTF8.self))
        }
        return ids
    }

    private func identifiers(_ claims: JSONObject) -> [String] {
        claims["jtis"]?.array?.compactMap(\.string) ?? []
    }

    @Test
    func `denied tokens stand in one list as long as they fit`() throws {
        let publisher = publisher
        let empty = try claims(
            publisher.revocations(nil, terms: terms, at: moment(0)),
            type: "revocations+jwt"
        )
        #expect(empty["sub"]?.string == "https://auth.example/oauth2/revocations")
        #expect(identifiers(empty) == [] && empty["jtis"] != nil && empty["next"] == nil)
        #expect(empty["ttl"]?.integer == 30 && empty["exp"]?.integer == start.seconds + 300)
        let ids = deny(3)
        let list = try publisher.revocations(nil, terms: terms, at: moment(1))
        #expect(Set(identifiers(try claims(list, type: "revocations+jwt"))) == ids)
    }

    @Test
    func `a long list has parts, each with the address of the next, and each token is in one`() throws {
        let publisher = publisher
        let ids = deny(60_000)
        var query: String?
        var found: [String] = []
        var rounds = 0
        repeat {
            let part = query.flatMap { RevocationPart(query: $0.utf8) }
            #expect((part == nil) == (query == nil))
            let list = try publisher.revocations(part, terms: terms, at: moment(0))
            let claims = try claims(list, type: "revocations+jwt")
            let address = "https://auth.example/oauth2/revocations" + (query.map { "?" + $0 } ?? "")
            #expect(claims["sub"]?.string == address)
            #expect(identifiers(claims).count <= 65_536)
            found += identifiers(claims)
            query = claims["next"]?.string.flatMap { $0.split(separator: "?").last.map(String.init) }
            rounds += 1
        } while query != nil && rounds < 10
        #expect(rounds == 2 && found.count == ids.count && Set(found) == ids)
    }

    @Test
    func `a part that is kept in half the room goes out the same each time, and still verifies`() throws {
        let publisher = ListPublisher(board: board, denylist: denylist, partsKeptAsText: 0)
        let ids = deny(1_000)
        let first = try #require(try publisher.revocations(nil, terms: terms, at: moment(0)))
        let again = try #require(try publisher.revocations(nil, terms: terms, at: moment(5)))
        #expect(first.body == again.body && publisher.signatureCount == 1)
        let tag = Base64URL.encode(Array(SHA256.hash(again.body).bytes.prefix(12)))
        #expect(again.entityTag == "\"\(String(decoding: tag, as: UTF8.self))\"")
        let claims = try claims(again, type: "revocations+jwt")
        #expect(claims["ttl"]?.integer == 30 && Set(identifiers(claims)) == ids)
    }

    @Test
    func `a token that is denied is in its part from then on, and other parts stay as they are`() throws {
        let publisher = publisher
        _ = deny(60_000)
        let second = try #require(RevocationPart(query: "part=1of2".utf8))
        let queries = [nil, second]
        func tags(_ seconds: Double) throws -> [String?] {
            try queries.map { try publisher.revocations($0, terms: terms, at: moment(seconds))?.entityTag }
        }
        let before = try tags(0)
        #expect(try tags(5) == before && publisher.signatureCount == 2)
        for number in 1...3 {
            let id = try #require(deny(1).first)
            let seconds = 5 + Double(number) * 1.5
            let after = try tags(seconds)
            #expect(zip(before, after).count { $0 != $1 } >= 1)
            #expect(publisher.signatureCount == 2 + number)
            let lists = try queries.map { query in
                let list = try publisher.revocations(query, terms: terms, at: moment(seconds))
                return identifiers(try claims(list, type: "revocations+jwt"))
            }
            #expect(lists.count { $0.contains(id) } == 1)
        }
    }

    @Test(arguments: [
        "", "part=1", "part=1of2&x=1", "x=1&part=1of2", "part=01of2", "part=-1of2", "part=1of2 ",
        "part=1of2of2",
        "part=99999999999999999999of2", "Part=1of2", "part=1&of=2", "part=1-2", "part=1of", "part=1OF2",
    ])
    func `the address of a part has one spelling`(query: String) {
        #expect(RevocationPart(query: query.utf8) == nil)
    }

    @Test
    func `a part of another division is not there`() throws {
        let publisher = publisher
        for query in ["part=1of2", "part=0of1", "part=1of1", "part=5of4"] {
            let part = try #require(RevocationPart(query: query.utf8))
            #expect(try publisher.revocations(part, terms: terms, at: moment(0)) == nil)
        }
    }

    @Test
    func `a list that lacks what is not loaded yet does not go out`() throws {
        let publisher = ListPublisher(board: board, denylist: Denylist())
        #expect(throws: ListPublisher.NotLoaded.self) {
            try publisher.revocations(nil, terms: terms, at: moment(0))
        }
    }
}
