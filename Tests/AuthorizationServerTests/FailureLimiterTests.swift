import OAuth
import Testing

@testable import AuthorizationServer

@Suite("Failed authentications")
struct FailureLimiterTests {
    private static let now = Uptime(nanoseconds: 9_000_000_000)

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text.utf8)) }

    private func limit(_ requests: Int, _ seconds: Int = 60) throws -> RateLimit {
        try #require(RateLimit(requests: requests, seconds: seconds))
    }

    // threats: AUT-09
    @Test
    func `an address is told to wait after so many failures, others are not`() throws {
        let limiter = FailureLimiter()
        let (guesser, neighbour) = (try address("192.0.2.1"), try address("192.0.2.2"))
        let limit = try limit(3)
        for _ in 0..<3 { #expect(limiter.count(guesser, by: limit, at: Self.now) == .counted) }
        for isNews in [true, false, false] {
            #expect(
                limiter.count(guesser, by: limit, at: Self.now)
                    == .limited(retryAfterSeconds: 20, isNews: isNews)
            )
        }
        #expect(limiter.count(neighbour, by: limit, at: Self.now) == .counted)
        #expect(limiter.count(nil, by: limit, at: Self.now) == .counted)
        let later = Uptime(nanoseconds: Self.now.nanoseconds.magnitude + 60_000_000_000)
        #expect(limiter.count(guesser, by: limit, at: later) == .counted)
    }

    @Test
    func `an IPv6 address stands for its 64 bits, an IPv4 one for itself in either spelling`() throws {
        let limiter = FailureLimiter()
        let limit = try limit(2)
        for text in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"] {
            #expect(limiter.count(try address(text), by: limit, at: Self.now) == .counted)
        }
        #expect(limiter.count(try address("2001:db8:1:2::77"), by: limit, at: Self.now) != .counted)
        #expect(limiter.count(try address("2001:db8:1:3::1"), by: limit, at: Self.now) == .counted)
        for text in ["192.0.2.7", "::ffff:192.0.2.7"] {
            #expect(limiter.count(try address(text), by: limit, at: Self.now) == .counted)
        }
        #expect(limiter.count(try address("192.0.2.7"), by: limit, at: Self.now) != .counted)
        #expect(limiter.count(try address("192.0.2.8"), by: limit, at: Self.now) == .counted)
    }

    // threats: AUT-09
    @Test
    func `a million addresses stay within the memory that one thousand have`() throws {
        let limiter = FailureLimiter(capacity: 1_024)
        let limit = try limit(1)
        for number in 0..<1_000_000 {
            let address = IPAddress(high: 0x2001_0db8 << 32 | UInt64(number), low: 1)
            _ = limiter.count(address, by: limit, at: Self.now)
        }
        #expect(limiter.count <= 1_024)
        let later = Uptime(nanoseconds: 1 << 60)
        let address = IPAddress(v4: 1)
        #expect(limiter.count(address, by: limit, at: later) == .counted)
        #expect(limiter.count(address, by: limit, at: later) != .counted)
    }
}
