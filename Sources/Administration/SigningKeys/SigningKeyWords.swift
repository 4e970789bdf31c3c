import AdminAPI
import AuthorizationServer
import OAuth
import Primitives

extension SigningKeyRecord {
    func message(in schedule: SigningKeySchedule, at now: NumericDate) -> SigningKeyMessage {
        let outlook = schedule.outlook(of: self, at: now)
        var message = SigningKeyMessage(
            kid: kid,
            alg: algorithm,
            stage: stage.rawValue,
            createdAt: createdAt,
            publishedAt: publishedAt,
            usableAt: usableAt,
            note: outlook.words(of: self, policy: schedule.policy, at: now),
            jwk: (try? JSONValue(parsing: jwk)) ?? .null
        )
        message.activatedAt = activatedAt
        message.retiredAt = retiredAt
        message.publishedUntil = publishedUntil
        message.removedAt = removedAt
        message.isRevoked = isRevoked
        message.nextStep = outlook.step?.rawValue
        message.nextStepAt = outlook.date
        return message
    }
}

extension SigningKeyOutlook {
    /// What happens next, when, and why not sooner.
    func words(of key: SigningKeyRecord, policy: SigningKeyPolicy, at now: NumericDate) -> String {
        let time = date.map { $0.words(from: now) } ?? "at a time that is not known yet"
        switch reason {
        case .age(let successorUsableAt):
            return "retires \(time), after \(TimeSpan(seconds: policy.rotation).words) of signing; "
                + Self.rotation(from: successorUsableAt, at: now)
        case .successorWaits(let kid):
            return "retires \(time): until then verifiers may hold a key set without its successor \(kid)"
        case .noSuccessor:
            return "signs on: no other \(key.algorithm) key is published yet that could take over"
        case .notConfigured:
            return
                "retires \(time): \(key.algorithm) is not in the setting algorithms, and signs until another can"
        case .copies:
            return "signs \(time): until then verifiers may hold a key set without it"
        case .turn:
            return "signs \(time), when the key before it is old enough; "
                + Self.rotation(from: key.usableAt, at: now)
        case .behind(let kid): return "waits behind \(kid)"
        case .unused: return "is published and unused: \(key.algorithm) is not in the setting algorithms"
        case .lastTokens:
            return "is removed \(time): until then something that it signed may be accepted"
        case .gone:
            return (key.isRevoked ? "was revoked" : "was removed")
                + (key.removedAt.map { " at \($0.rfc3339)" } ?? "")
        }
    }

    private static func rotation(from usableAt: NumericDate, at now: NumericDate) -> String {
        "rotate does it "
            + (now >= usableAt
                ? "now" : "from \(usableAt.rfc3339) on, when every verifier can know the next key")
    }
}

extension SigningKeyGate {
    func words(at now: NumericDate) -> String {
        guard let usableAt else {
            return "no other \(algorithm) key is published yet that could take over"
        }
        return "the next \(algorithm) key may sign \(usableAt.words(from: now)), and not before: "
            + "until then verifiers may hold a key set without it"
    }
}

extension NumericDate {
    /// `at 2030-01-31T12:00:00Z, in 5 minutes 3 seconds`, or that it is due.
    fileprivate func words(from now: NumericDate) -> String {
        guard self > now else { return "at \(rfc3339), which is now" }
        let distance = seconds.subtractingReportingOverflow(now.seconds).partialValue
        return "at \(rfc3339), in \(TimeSpan(seconds: distance).words)"
    }
}
