import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Refresh token grant: RFC 6749 §6, RFC 9700 §4.14.2")
struct RefreshTokenGrantTests {
    private typealias Sample = RefreshSample

    // threats: REF-01, REF-02, REF-06, REF-07
    @Test(
        arguments: [
            // Presented, current, seconds since the rotation, grace, what happens.
            (5, 5, 0, 10, "rotate"), (5, 5, 100_000, 10, "rotate"), (0, 0, 0, 0, "rotate"),
            (4, 5, 0, 10, "repeat"), (4, 5, 9, 10, "repeat"), (4, 5, 10, 10, "refresh_reuse"),
            (4, 5, 0, 0, "refresh_reuse"), (4, 5, 59, 60, "repeat"), (4, 5, 60, 60, "refresh_reuse"),
            (3, 5, 0, 10, "refresh_reuse"), (0, 5, 0, 60, "refresh_reuse"), (0, 1, 0, 1, "repeat"),
            (6, 5, 0, 10, "refresh_rollback"), (4_294_967_295, 0, 0, 10, "refresh_rollback"),
            (4_294_967_295, 4_294_967_295, 0, 10, "refuse"), (4_294_967_294, 4_294_967_295, 0, 10, "repeat"),
        ] as [(UInt32, UInt32, Int64, Int, String)]
    )
    func `the generation decides`(
        presented: UInt32,
        current: UInt32,
        elapsed: Int64,
        grace: Int,
        verdict: String
    ) {
        let outcome = Sample.judge(presented, at: elapsed) { family, rotation in
            family.generation = current
            rotation.policy.grace = grace
        }
        #expect(Sample.word(outcome) == verdict)
    }

    // threats: REF-13
    @Test
    func `a clock that was set back does not reopen the grace`() {
        // A request may be overtaken; by more than the grace it is the clock.
        for (elapsed, verdict) in [
            (-1, "repeat"), (-10, "repeat"), (-11, "refresh_reuse"), (-3600, "refresh_reuse"),
        ] {
            #expect(Sample.word(Sample.judge(4, at: Int64(elapsed))) == verdict)
        }
        for end in [Int64.min, Int64.max] {
            let outcome = Sample.judge(4, at: 0) { family, rotation in
                family.rotatedAt = NumericDate(end)
                rotation.policy.grace = 60
            }
            #expect(Sample.word(outcome) == "refresh_reuse")
        }
        // Nor does a rotation move the row back.
        guard case .rotate(_, let next) = Sample.judge(5, at: -100) else { Issue.record("refused"); return }
        #expect(next.rotatedAt == Sample.now)
    }

    // threats: REF-12, REF-13
    @Test
    func `expiry is exclusive, the absolute one never moves, the idle one does`() {
        for (idle, absolute, verdict) in [
            (1, 1, "rotate"), (0, 100, "refuse"), (100, 0, "refuse"), (-1, 100, "refuse"), (1, 100, "rotate"),
        ] {
            for (presented, word) in [(5, verdict), (4, verdict == "refuse" ? "refuse" : "repeat")] {
                let outcome = Sample.judge(UInt32(presented)) { family, _ in
                    family.idleExpiry = Sample.now.advanced(by: Int64(idle))
                    family.absoluteExpiry = Sample.now.advanced(by: Int64(absolute))
                }
                #expect(Sample.word(outcome) == word)
            }
        }
        for (elapsed, idle) in [(0, 604_800), (10, 604_810), (2_000_000, 2_592_000), (2_591_999, 2_592_000)] {
            let outcome = Sample.judge(5, at: Int64(elapsed)) { family, _ in
                family.idleExpiry = family.absoluteExpiry
            }
            guard case .rotate(let grant, let next) = outcome else { Issue.record("refused"); return }
            #expect(next.idleExpiry == Sample.now.advanced(by: Int64(idle)))
            #expect(next.absoluteExpiry == Sample.now.advanced(by: 2_592_000))
            #expect(grant.expiresAt == next.idleExpiry && next.generation == 6)
            #expect(next.rotatedAt == Sample.now.advanced(by: Int64(elapsed)))
        }
    }

    // threats: REF-08, REF-15
    @Test(arguments: 0...5 as ClosedRange<UInt32>)
    func `who has no right to a token can neither use it nor end its family`(presented: UInt32) {
        let spoilt: [(String, (inout RefreshFamily, inout Rotation) -> Void)] = [
            ("tag", { $1.token = Sample.token(presented, tag: 1) }),
            ("nonce", { family, _ in family.nonce[0] ^= 1 }),
            ("secret", { $1.secret = RefreshSecret([UInt8](repeating: 8, count: 32)) }),
            ("client", { $1.client = Sample.client(2) }),
            ("revoked", { family, _ in family.revokedAt = Sample.now }),
            ("expired", { family, _ in family.idleExpiry = Sample.now }),
        ]
        for (name, spoil) in spoilt {
            #expect(Sample.word(Sample.judge(presented, spoil)) == "refuse", "\(name)")
        }
        for key in [
            GrantStanding(isRevoked: true, expiresAt: nil),
            GrantStanding(isRevoked: false, expiresAt: Sample.now),
            GrantStanding(isRevoked: false, isDisabled: true, expiresAt: nil),
        ] {
            #expect(Sample.word(Sample.judge(presented, key: key)) == "refuse")
        }
    }

    // threats: REF-15
    @Test
    func `all refusals of a token are one refusal, and only the log knows which`() {
        let refusals = ["malformed", "not genuine", "refresh_reuse"].map {
            RefreshTokenGrant.refusal($0, Sample.token(0))
        }
        #expect(Set(refusals.map(\.description)).count == 1)
        #expect(Set(refusals.map(\.detail)).count == 3)
        #expect(refusals.allSatisfy { $0.code == .invalidGrant })
    }

    @Test
    func `a replay from another address is told apart`() {
        for (address, isElsewhere) in [("192.0.2.1", false), ("192.0.2.2", true), ("", true)] {
            let outcome = Sample.judge(4) { family, rotation in
                family.rotatedFrom = IPAddress(parsing: "192.0.2.1".utf8)
                rotation.address = IPAddress(parsing: address.utf8)
            }
            guard case .repeatSuccessor(let grant, let isFromElsewhere) = outcome else {
                Issue.record("refused"); return
            }
            #expect(isFromElsewhere == isElsewhere)
            #expect(grant.expiresAt == Sample.now.advanced(by: 604_800))
        }
    }
}
