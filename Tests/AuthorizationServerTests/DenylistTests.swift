import OAuth
import Testing

@testable import AuthorizationServer

@Suite("Single denied tokens in memory")
struct DenylistTests {
    private let now = NumericDate(1_700_000_000)

    private func token(_ random: inout some RandomNumberGenerator, until seconds: Int64) -> DeniedToken {
        DeniedToken(
            id: TokenID(high: random.next(), low: random.next()),
            until: now.advanced(by: seconds)
        )
    }

    @Test
    func `it agrees with a dictionary through insertions and endings`() {
        var random = SystemRandomNumberGenerator()
        let list = Denylist()
        list.finishLoading()
        var model: [TokenID: NumericDate] = [:]
        for step in 0..<20 {
            for _ in 0..<5_000 {
                let token = token(&random, until: Int64.random(in: 1...1_000))
                list.insert(token)
                list.insert(token)
                model[token.id] = token.until
            }
            let time = now.advanced(by: Int64(step) * 40)
            list.forget(endedAt: time)
            model = model.filter { $0.value > time }
            #expect(list.count == model.count)
        }
        #expect(model.allSatisfy { list.answer($0.key, endingAt: $0.value) == .denied })
        for _ in 0..<10_000 {
            let stranger = token(&random, until: 2_000)
            #expect(list.answer(stranger.id, endingAt: stranger.until) == .notDenied)
        }
        list.forget(endedAt: now.advanced(by: 1_000))
        #expect(list.count == 0)
    }

    @Test
    func `identifiers that differ in one half only are different tokens`() {
        let list = Denylist()
        list.insert(DeniedToken(id: TokenID(high: 1, low: 1), until: now))
        #expect(list.contains(TokenID(high: 1, low: 1)))
        #expect(!list.contains(TokenID(high: 1, low: 1025)) && !list.contains(TokenID(high: 2, low: 1)))
        // All in one slot of one shard.
        for number in 0..<2_000 {
            list.insert(DeniedToken(id: TokenID(high: 1, low: 1 + UInt64(number) * 1024), until: now))
        }
        #expect(list.count == 2_000)
        #expect((0..<2_000).allSatisfy { list.contains(TokenID(high: 1, low: 1 + UInt64($0) * 1024)) })
    }

    @Test
    func `until it is loaded it says of no token that it is not denied`() {
        let list = Denylist()
        let id = TokenID(high: 7, low: 7)
        #expect(list.answer(id, endingAt: now) == .unknown)
        list.insert(DeniedToken(id: id, until: now))
        #expect(list.answer(id, endingAt: now) == .denied)
        list.finishLoading()
        #expect(list.answer(TokenID(high: 7, low: 8), endingAt: now) == .notDenied)
    }

    // threats: OPS-04
    @Test
    func `a clock that is set back revives nothing that was forgotten`() {
        let list = Denylist()
        list.finishLoading()
        let token = DeniedToken(id: TokenID(high: 7, low: 7), until: now.advanced(by: 100))
        list.insert(token)
        list.forget(endedAt: now.advanced(by: 3_600))
        #expect(list.count == 0)
        #expect(list.answer(token.id, endingAt: token.until) == .denied)
        #expect(list.answer(token.id, endingAt: now.advanced(by: 3_601)) == .notDenied)
    }

    @Test
    func `the parts hold every token once, and a new token changes one part`() {
        var random = SystemRandomNumberGenerator()
        let list = Denylist()
        var ids: Set<TokenID> = []
        for _ in 0..<120_000 {
            let token = token(&random, until: 100)
            list.insert(token)
            ids.insert(token.id)
        }
        let count = list.partCount
        #expect(count == 4)
        let parts = (0..<count).map { list.tokens(ofPart: $0, of: count) }
        #expect(parts.allSatisfy { $0.count <= Denylist.partLimit })
        #expect(parts.reduce(0) { $0 + $1.count } == ids.count)
        #expect(Set(parts.joined()) == ids)

        let before = (0..<count).map { list.changes(ofPart: $0, of: count) }
        list.insert(token(&random, until: 100))
        let after = (0..<count).map { list.changes(ofPart: $0, of: count) }
        #expect(zip(before, after).count { $0 != $1 } == 1)
        #expect(list.tokens(ofPart: 4, of: count).isEmpty)
    }
}
