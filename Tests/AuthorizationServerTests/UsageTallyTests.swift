import OAuth
import Testing

@testable import AuthorizationServer

@Suite("Counters of use")
struct UsageTallyTests {
    private let key = Sample.record().id
    private let noon = NumericDate(1_795_262_400)

    @Test
    func `tokens, refreshes and refusals are counted by key and day, and taken once`() throws {
        var tally = UsageTally()
        let other = Sample.record(number: 2).id
        tally.countToken(by: .clientCredentials, to: key, from: IPAddress(v4: 1), at: noon)
        tally.countToken(by: .tokenExchange, to: key, from: IPAddress(v4: 2), at: noon.advanced(by: 1))
        tally.countToken(by: .refreshToken, to: key, from: nil, at: noon.advanced(by: 43_200))
        tally.countDenial(.quota, of: other, at: noon)
        tally.countDenial(.quota, of: other, at: noon)
        var harvest = UsageHarvest()
        harvest.add(tally.take())
        #expect(tally.count == 0)
        let entries = harvest.takeFirst(10)
        #expect(harvest.isEmpty && entries.map(\.key.id) == [key, other, key])
        #expect(entries[0].usage.exchanges == 2 && entries[0].usage.lastUsedAt == noon.advanced(by: 1))
        #expect(entries[0].usage.lastUsedFrom == IPAddress(v4: 2))
        #expect(entries[1].usage.denials == [.quota: 2] && entries[1].usage.lastUsedAt == nil)
        #expect(entries[2].usage.refreshes == 1 && entries[2].usage.exchanges == 0)
    }

    @Test
    func `what several loops counted adds up, and the last use is the latest`() throws {
        var (sum, first, second) = (UsageHarvest(), UsageTally(), UsageTally())
        first.countToken(by: .clientCredentials, to: key, from: IPAddress(v4: 1), at: noon.advanced(by: 5))
        second.countToken(by: .clientCredentials, to: key, from: IPAddress(v4: 2), at: noon)
        second.countDenial(.invalidScope, of: key, at: noon.advanced(by: 9))
        sum.add(first)
        sum.add(second)
        let entries = sum.takeFirst(2)
        #expect(entries.count == 1 && sum.isEmpty)
        let usage = try #require(entries.first?.usage)
        #expect(usage.exchanges == 2 && usage.denials == [.invalidScope: 1])
        #expect(usage.lastUsedAt == noon.advanced(by: 5) && usage.lastUsedFrom == IPAddress(v4: 1))
    }

    @Test
    func `a key is one entry, whether its number is known or not, of 64 bytes`() throws {
        var (first, second, sum) = (UsageTally(), UsageTally(), UsageHarvest())
        first.countUse(of: key, from: nil, at: noon)
        first.countToken(by: .clientCredentials, to: key, KeyNumber(7), from: nil, at: noon)
        second.countToken(by: .clientCredentials, to: key, KeyNumber(7), from: nil, at: noon)
        second.countDenial(.quota, of: key, at: noon)
        sum.add(first)
        sum.add(second)
        let entries = sum.takeFirst(9)
        #expect(entries.count == 1 && entries[0].usage.exchanges == 2)
        #expect(entries[0].key.day == UsageDay(of: noon))
        #expect(MemoryLayout<UsageEntry>.stride == 64)
    }

    @Test
    func `the number of a key is kept where it fits, and is else not known`() {
        #expect(KeyNumber(1).value == 1 && KeyNumber(Int64(UInt32.max)).value == Int64(UInt32.max))
        for value in [0, -1, Int64(UInt32.max) + 1, .max, .min] {
            #expect(KeyNumber(value) == .unknown && KeyNumber(value).value == nil)
        }
    }

    @Test
    func `batches go up the keys, each of them once, whichever loops counted it`() {
        var harvest = UsageHarvest()
        for loop in 0..<3 {
            var tally = UsageTally()
            for number in (1...5_000).shuffled() where number % 3 != loop {
                let id = Sample.record(number: UInt64(number)).id
                tally.countToken(by: .refreshToken, to: id, from: nil, at: noon)
            }
            harvest.add(tally.take())
            #expect(tally.count == 0)
        }
        var taken: [UsageEntry] = []
        while !harvest.isEmpty {
            let batch = harvest.takeFirst(300)
            #expect(batch.count == min(300, 5_000 - taken.count))
            taken += batch
        }
        #expect(taken.map(\.key.id) == (1...5_000).map { Sample.record(number: UInt64($0)).id })
        #expect(taken.allSatisfy { $0.usage.refreshes == 2 })
    }

    @Test
    func `a tally finds its keys again, whatever their number, and after it was taken`() {
        var tally = UsageTally()
        let ids = (1...10_000).map { Sample.record(number: UInt64($0)).id }
        for round in 0..<3 {
            for id in ids { tally.countToken(by: .clientCredentials, to: id, from: nil, at: noon) }
            for id in ids.reversed() where round < 2 { tally.countUse(of: id, from: nil, at: noon) }
            for id in ids { tally.countToken(by: .clientCredentials, to: id, from: nil, at: noon) }
            var harvest = UsageHarvest()
            harvest.add(tally.take())
            #expect(harvest.count == ids.count)
            #expect(harvest.takeFirst(ids.count).allSatisfy { $0.usage.exchanges == 2 })
        }
    }

    @Test
    func `what could not be written is settled, and is one entry for each key and day`() {
        var waiting = UsageHarvest()
        for round in 0..<5 {
            var tally = UsageTally()
            for number in 1...100 {
                let id = Sample.record(number: UInt64(number)).id
                tally.countDenial(.quota, of: id, at: noon.advanced(by: round == 4 ? 86_400 : 0))
            }
            var harvest = UsageHarvest()
            harvest.add(tally.take())
            let batch = harvest.takeFirst(30)
            waiting.add(harvest)
            waiting.add(batch)
            waiting.settle()
            #expect(waiting.count == (round == 4 ? 200 : 100))
        }
        let entries = waiting.takeFirst(1_000)
        #expect(waiting.isEmpty && entries.count == 200)
        #expect(entries[..<100].allSatisfy { $0.usage.denials == [.quota: 4] })
        #expect(entries[100...].allSatisfy { $0.usage.denials == [.quota: 1] })
        waiting.settle()
        #expect(waiting.isEmpty && waiting.takeFirst(1).isEmpty)
    }

    @Test
    func `every refusal of the token endpoint has its counter`() {
        let disabled = Sample.client { $0.isDisabled = true }
        let expired = Sample.client { $0.expiresAt = NumericDate(1) }
        let refused = OAuthError(.invalidClient, "no")
        #expect(UsageDenial(refused, of: disabled, at: noon) == .disabled)
        #expect(UsageDenial(refused, of: expired, at: noon) == .expired)
        #expect(UsageDenial(refused, of: Sample.client(), at: noon) == .notAllowed)
        for code in OAuthError.Code.allCases where code != .invalidClient {
            let denial = UsageDenial(OAuthError(code, "no"), of: Sample.client(), at: noon)
            #expect(denial.rawValue == code.rawValue || denial == .invalidRequest)
        }
    }
}
