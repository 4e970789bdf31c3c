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
        #expect(tally.isEmpty)
        harvest.settle()
        let entries = harvest.entries
        #expect(entries.map(\.key.id) == [key, other, key])
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
        sum.settle()
        #expect(sum.entries.count == 1)
        let usage = try #require(sum.entries.first?.usage)
        #expect(usage.exchanges == 2 && usage.denials == [.invalidScope: 1])
        #expect(usage.lastUsedAt == noon.advanced(by: 5) && usage.lastUsedFrom == IPAddress(v4: 1))
    }

    @Test
    func `what is settled is handed over once, and what could not be written is settled again`() {
        var harvest = UsageHarvest()
        for loop in 0..<3 {
            var tally = UsageTally()
            for number in 1...100 where number % 3 != loop {
                let id = Sample.record(number: UInt64(number)).id
                tally.countToken(by: .refreshToken, to: id, from: nil, at: noon)
            }
            harvest.add(tally)
        }
        harvest.settle()
        #expect(harvest.entries.count == 100 && harvest.entries.allSatisfy { $0.usage.refreshes == 2 })
        let batch = harvest.takeLast(30)
        #expect(batch.count == 30 && harvest.entries.count == 70)
        harvest.add(batch)
        harvest.settle()
        #expect(Set(harvest.entries.map(\.key)).count == 100)
        #expect(harvest.takeLast(1_000).count == 100 && harvest.entries.isEmpty)
        harvest.settle()
        #expect(harvest.entries.isEmpty)
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
