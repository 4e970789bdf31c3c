import OAuth
import Testing

@testable import AuthorizationServer

@Suite("The generic cell rate algorithm: ITU-T I.371 annex A")
struct PacerTests {
    private static let second: UInt64 = 1_000_000_000

    private func limit(_ requests: Int, _ seconds: Int) throws -> RateLimit {
        try #require(RateLimit(requests: requests, seconds: seconds))
    }

    @Test
    func `all requests at once, then one for each interval`() throws {
        let pacer = Pacer(try limit(3, 60))
        #expect(pacer.interval == 20_000_000_000)
        var paidAt: Int64 = 0
        let start = Uptime(nanoseconds: 1_000 * Self.second)
        for left in [2, 1, 0] as [Int64] {
            guard case .conforms(let next) = pacer.judge(paidAt: paidAt, at: start) else {
                Issue.record("not conforming with \(left) left")
                return
            }
            paidAt = next
            #expect(pacer.left(paidAt: paidAt, at: start).requests == left)
        }
        #expect(pacer.judge(paidAt: paidAt, at: start) == .exceeds(wait: 20_000_000_000))
        let almost = Uptime(nanoseconds: 1_020 * Self.second - 1)
        #expect(pacer.judge(paidAt: paidAt, at: almost) == .exceeds(wait: 1))
        let then = Uptime(nanoseconds: 1_020 * Self.second)
        #expect(pacer.judge(paidAt: paidAt, at: then) == .conforms(paidAt: paidAt + pacer.interval))
        let rested = pacer.left(paidAt: paidAt, at: Uptime(nanoseconds: 1_060 * Self.second))
        #expect(rested.requests == 3 && rested.untilNext == 0)
    }

    /// A bucket of credit in whole nanoseconds, filled step by step: slow, and written from the description.
    private struct Bucket {
        let interval: Int64
        let span: Int64
        var credit: Int64
        var last: Int64 = 0

        init(_ limit: RateLimit) {
            let time = Int64(limit.seconds) * 1_000_000_000
            let requests = Int64(limit.requests)
            interval = time / requests + (time % requests == 0 ? 0 : 1)
            span = interval * requests
            credit = span
        }

        mutating func take(at now: Int64) -> Bool {
            credit = min(span, credit + (now - last))
            last = now
            guard credit >= interval else { return false }
            credit -= interval
            return true
        }
    }

    @Test
    func `it says what a bucket of credit says, over a million random requests`() throws {
        var random = SplitMix(state: 20_261_121)
        for _ in 0..<2_000 {
            let limit = try limit(Int(random.below(40)) + 1, Int(random.below(120)) + 1)
            let pacer = Pacer(limit)
            var bucket = Bucket(limit)
            var (now, paidAt): (Int64, Int64) = (0, 0)
            var mistakes = 0
            for _ in 0..<500 {
                // Bursts, gaps around one interval, and rests around the whole time.
                let gap: UInt64 =
                    switch random.below(4) {
                    case 0: 0
                    case 1: random.below(UInt64(pacer.interval) * 2 + 1)
                    case 2: UInt64(pacer.interval)
                    default: random.below(20) == 0 ? random.below(UInt64(pacer.span) * 2) : 1
                    }
                now += Int64(gap)
                let expected = bucket.take(at: now)
                let uptime = Uptime(nanoseconds: UInt64(now))
                switch pacer.judge(paidAt: paidAt, at: uptime) {
                case .conforms(let next):
                    if !expected { mistakes += 1 }
                    paidAt = next
                case .exceeds(let wait):
                    if expected || wait != bucket.interval - bucket.credit { mistakes += 1 }
                }
                let left = pacer.left(paidAt: paidAt, at: uptime).requests
                if left != bucket.credit / bucket.interval { mistakes += 1 }
            }
            #expect(mistakes == 0, "\(limit)")
        }
    }

    @Test
    func `a limit made wider counts at once, and no time overflows`() throws {
        let narrow = Pacer(try limit(1, 86_400))
        let wide = Pacer(try limit(10, 1))
        let now = Uptime(nanoseconds: 5 * Self.second)
        guard case .conforms(let paidAt) = narrow.judge(paidAt: 0, at: now) else {
            Issue.record("the first request conforms")
            return
        }
        #expect(wide.judge(paidAt: paidAt, at: now) == .exceeds(wait: wide.interval))
        for paidAt in [Int64.min, 0, .max] {
            for now in [0, UInt64(1) << 62, .max] {
                let time = Uptime(nanoseconds: now)
                _ = narrow.judge(paidAt: paidAt, at: time)
                #expect((0...1).contains(narrow.left(paidAt: paidAt, at: time).requests))
            }
        }
    }
}

/// A small random generator whose course a failing test can repeat.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func below(_ bound: UInt64) -> UInt64 { bound == 0 ? 0 : next() % bound }
}
