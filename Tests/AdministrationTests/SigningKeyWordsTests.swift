import AdminAPI
import AuthorizationServer
import OAuth
import Testing

@testable import Administration

@Suite("What is said of signing keys")
struct SigningKeyWordsTests {
    /// One key signs, the next may from second 360 on.
    private let schedule = SigningKeySchedule(
        [key("a").activated(at: NumericDate(0), policy), key("b")],
        policy: policy
    )

    @Test(arguments: [(359, "rotate does it from 1970-01-01T00:06:00Z on"), (360, "rotate does it now")])
    func `a rotation by hand is announced when it can be had`(second: Int64, words: String) {
        for record in schedule.records {
            let note = record.message(in: schedule, at: NumericDate(second)).note
            #expect(note.contains(words), "\(note)")
        }
    }
}

private let policy = SigningKeyPolicy(
    algorithms: ["ES256"],
    copies: KeySetCopies(maxAge: 300),
    rotation: 1_000_000
)

private func key(_ kid: String) -> SigningKeyRecord {
    SigningKeyRecord(
        kid: kid,
        algorithm: "ES256",
        stage: .pending,
        createdAt: NumericDate(0),
        usableAt: policy.usableAt(publishedAt: NumericDate(0))
    )
}
