import AuthorizationServer
import OAuth
import Testing

/// Ages in these tests: max-age 300, margin 60, tokens 3600, rotation 1 000 000 seconds.
private let policy = SigningKeyPolicy(
    algorithms: ["ES256", "EdDSA"],
    copies: KeySetCopies(maxAge: 300),
    rotation: 1_000_000
)

private func at(_ second: Int64) -> NumericDate { NumericDate(second) }

private func pending(_ kid: String, _ algorithm: String = "ES256", publishedAt: Int64) -> SigningKeyRecord {
    SigningKeyRecord(
        kid: kid,
        algorithm: algorithm,
        stage: .pending,
        createdAt: at(publishedAt),
        usableAt: policy.usableAt(publishedAt: at(publishedAt))
    )
}

private func active(_ kid: String, _ algorithm: String = "ES256", since: Int64) -> SigningKeyRecord {
    pending(kid, algorithm, publishedAt: since).activated(at: at(since), policy)
}

private func retired(_ kid: String, at date: Int64) -> SigningKeyRecord {
    active(kid, since: 0).retired(at: at(date), policy)
}

@Suite("When signing keys change")
struct SigningKeyScheduleTests {
    private static let settled = [
        active("a", since: 0), pending("b", publishedAt: 0), active("e", "EdDSA", since: 0),
        pending("f", "EdDSA", publishedAt: 0),
    ]

    @Test(
        arguments: [
            (at(0), []), (at(999_999), []),
            (at(1_000_000), [.rotate(algorithm: "ES256"), .rotate(algorithm: "EdDSA")]),
        ] as [(NumericDate, [SigningKeySchedule.Step])]
    )
    func `a key signs for as long as it is to sign, and then the next one does`(
        now: NumericDate,
        due: [SigningKeySchedule.Step]
    ) {
        let schedule = SigningKeySchedule(Self.settled, policy: policy)
        #expect(schedule.dueSteps(at: now) == due)
        #expect(schedule.nextDate(after: at(0)) == at(1_000_000))
        #expect(schedule.nextDate(after: at(1_000_000)) == nil)
    }

    @Test
    func `an algorithm without a key ahead gets one at once, and no rotation before it may sign`() {
        let lone = SigningKeySchedule([active("a", since: 0)], policy: policy)
        #expect(
            lone.dueSteps(at: at(2_000_000)) == [.publish(algorithm: "ES256"), .publish(algorithm: "EdDSA")]
        )
        let late = SigningKeySchedule(
            [active("a", since: 0), pending("b", publishedAt: 2_000_000)],
            policy: policy
        )
        #expect(late.rotation(of: "ES256") == at(2_000_360))
        #expect(!late.dueSteps(at: at(2_000_359)).contains(.rotate(algorithm: "ES256")))
        #expect(late.dueSteps(at: at(2_000_360)).contains(.rotate(algorithm: "ES256")))
    }

    @Test
    func `the first key of a new algorithm signs when every verifier can know it`() throws {
        let schedule = SigningKeySchedule(
            [active("a", since: 0), pending("b", publishedAt: 0), pending("n", "EdDSA", publishedAt: 1000)],
            policy: policy
        )
        #expect(schedule.dueSteps(at: at(1359)) == [])
        #expect(schedule.dueSteps(at: at(1360)) == [.rotate(algorithm: "EdDSA")])
        let changes = try schedule.rotating("EdDSA", at: at(1360))
        #expect(changes.map(\.kid) == ["n"] && changes.map(\.stage) == [.active])
    }

    @Test
    func `a key that signs for no setting retires as soon as another can sign, and its successor only waits`()
    {
        let old = [active("r", "RS256", since: 0), pending("s", "RS256", publishedAt: 0)]
        let waiting = SigningKeySchedule(old + [pending("b", publishedAt: 100)], policy: policy)
        #expect(waiting.dueSteps(at: at(459)) == [.publish(algorithm: "EdDSA")])
        #expect(waiting.outlook(of: old[0], at: at(200)).date == at(460))
        let replaced = SigningKeySchedule(old + [active("b", since: 460)], policy: policy)
        #expect(replaced.dueSteps(at: at(460)).contains(.retire(kid: "r")))
        #expect(!replaced.plan.contains { $0.step == .remove(kid: "s") })
        #expect(replaced.outlook(of: old[1], at: at(460)).reason == .unused)
    }

    // threats: JWT-22
    @Test(
        arguments: [
            (token: 3600, list: 300, until: 5000 + 3600 + 60), (token: 60, list: 300, until: 5000 + 300 + 60),
        ] as [(token: Int, list: Int, until: Int64)]
    )
    func `a retired key stays published as long as what it signed may be accepted`(
        token: Int,
        list: Int,
        until: Int64
    ) {
        var policy = policy
        (policy.tokenLifetime, policy.listLifetime) = (token, list)
        let record = pending("a", publishedAt: 0).activated(at: at(0), policy).retired(at: at(5000), policy)
        #expect(record.publishedUntil == at(until))
        let schedule = SigningKeySchedule([record], policy: policy)
        #expect(!schedule.dueSteps(at: at(until - 1)).contains(.remove(kid: "a")))
        #expect(schedule.dueSteps(at: at(until)).contains(.remove(kid: "a")))
    }

    @Test
    func `a lifetime that was lowered meanwhile does not shorten what older tokens need`() {
        var lowered = policy
        lowered.tokenLifetime = 30
        #expect(active("a", since: 0).retired(at: at(100), lowered).publishedUntil == at(100 + 3600 + 60))
    }

    @Test
    func `a max-age that was lowered is waited for as long as a copy may live from before`() {
        let copies = KeySetCopies(maxAge: 86_400).changed(to: 300, at: at(1000))
        #expect(copies == KeySetCopies(maxAge: 300, earlierUntil: at(87_400)))
        var policy = policy
        policy.copies = copies
        #expect(policy.usableAt(publishedAt: at(2000)) == at(87_460))
        #expect(policy.usableAt(publishedAt: at(90_000)) == at(90_360))
        #expect(copies.changed(to: 600, at: at(3000)) == KeySetCopies(maxAge: 600, earlierUntil: at(87_400)))
        #expect(copies.changed(to: 300, at: at(3000)) == copies)
    }

    @Test
    func `keys are published in the order active, pending, retired`() {
        let records = [retired("d", at: 50), pending("c", publishedAt: 9), pending("b", publishedAt: 7)]
        let schedule = SigningKeySchedule(records + [active("a", since: 5)], policy: policy)
        #expect(schedule.records.map(\.kid) == ["a", "b", "c", "d"])
        #expect(schedule.successor(of: "ES256")?.kid == "b")
    }

    @Test
    func `the outlook of each key says what comes next, when, and why not sooner`() {
        let records = [
            active("a", since: 0), pending("b", publishedAt: 1_000_000), pending("c", publishedAt: 1_000_001),
            retired("d", at: 50),
        ]
        let schedule = SigningKeySchedule(records, policy: policy)
        let outlooks = schedule.records.map { schedule.outlook(of: $0, at: at(1_000_002)) }
        #expect(outlooks.map(\.step) == [.retire, .activate, nil, .remove])
        #expect(outlooks.map(\.date) == [at(1_000_360), at(1_000_360), nil, at(3710)])
        #expect(
            outlooks.map(\.reason) == [.successorWaits(kid: "b"), .copies, .behind(kid: "b"), .lastTokens]
        )
        let settled = SigningKeySchedule(Self.settled, policy: policy)
        let calm = settled.records.map { settled.outlook(of: $0, at: at(500)).reason }
        let age = SigningKeyOutlook.Reason.age(successorUsableAt: at(360))
        #expect(calm == [age, age, .turn, .turn])
        let lone = SigningKeySchedule([active("a", since: 0)], policy: policy)
        #expect(lone.outlook(of: lone.records[0], at: at(1)).reason == .noSuccessor)
    }
}

@Suite("Rotating and revoking signing keys")
struct SigningKeyChangeTests {
    private let records = [active("a", since: 0), pending("b", publishedAt: 100)]

    @Test
    func `nobody rotates before every verifier can know the next key`() throws {
        let schedule = SigningKeySchedule(records, policy: policy)
        let gate = #expect(throws: SigningKeyGate.self) { try schedule.rotating("ES256", at: at(459)) }
        #expect(gate == SigningKeyGate(algorithm: "ES256", kid: "b", usableAt: at(460)))
        let changes = try schedule.rotating("ES256", at: at(460))
        #expect(changes.map(\.kid) == ["a", "b"] && changes.map(\.stage) == [.retired, .active])
        let missing = #expect(throws: SigningKeyGate.self) { try schedule.rotating("EdDSA", at: at(460)) }
        #expect(missing?.usableAt == nil)
    }

    @Test
    func `revoking the key that signs needs a successor that may sign, or force`() throws {
        let schedule = SigningKeySchedule(records, policy: policy)
        #expect(throws: SigningKeyGate.self) { try schedule.revoking("a", isForced: false, at: at(459)) }
        for (isForced, now) in [(true, at(150)), (false, at(460))] {
            let done = try #require(try schedule.revoking("a", isForced: isForced, at: now))
            #expect(done.changes.map(\.stage) == [.removed, .active])
            #expect(done.changes.map(\.isRevoked) == [true, false])
            #expect(done.successor?.kid == "b")
            #expect(done.acceptedElsewhereUntil == now.advanced(by: 300))
            #expect(done.revoked.lastTokenExpiry(at: now) == now.advanced(by: 3600))
        }
    }

    @Test
    func `any other key can be revoked at any time, and nothing takes its place`() throws {
        let schedule = SigningKeySchedule(records + [retired("d", at: 50)], policy: policy)
        for (kid, expiry) in [("b", nil), ("d", at(3650))] as [(String, NumericDate?)] {
            let done = try #require(try schedule.revoking(kid, isForced: false, at: at(120)))
            #expect(done.changes.map(\.kid) == [kid] && done.successor == nil)
            #expect(done.revoked.lastTokenExpiry(at: at(120)) == expiry)
        }
        #expect(try schedule.revoking("unknown", isForced: true, at: at(120)) == nil)
    }

    @Test
    func `the last key of an algorithm that is not wanted any more goes when others sign`() throws {
        let old = active("r", "RS256", since: 0)
        let alone = SigningKeySchedule([old, pending("b", publishedAt: 100)], policy: policy)
        #expect(throws: SigningKeyGate.self) { try alone.revoking("r", isForced: false, at: at(200)) }
        #expect(try alone.revoking("r", isForced: true, at: at(200))?.successor?.kid == "b")
        let beside = SigningKeySchedule([old, active("a", since: 0)], policy: policy)
        #expect(try beside.revoking("r", isForced: false, at: at(200))?.successor == nil)
    }
}
