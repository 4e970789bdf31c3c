package import OAuth
import Primitives

/// What happens to a key next, when, and why not sooner.
package struct SigningKeyOutlook: Sendable, Equatable {
    package enum Step: String, Sendable { case activate, retire, remove }

    package enum Reason: Sendable, Equatable {
        /// It signs until it is old enough; its successor may sign from then on.
        case age(successorUsableAt: NumericDate)
        /// It is old enough before its successor may sign.
        case successorWaits(kid: String)
        /// Nothing is published yet that could take over.
        case noSuccessor
        /// Its algorithm is not in the settings; it signs until a key of those may.
        case notConfigured
        /// Verifiers may hold a key set without it.
        case copies
        /// It may sign, and takes over when its predecessor is old enough.
        case turn
        /// Another pending key comes first.
        case behind(kid: String)
        /// It is published, and its algorithm is not in the settings.
        case unused
        /// Something that it signed may still be accepted.
        case lastTokens
        case gone
    }

    /// `nil` when nothing is to come by itself.
    package let step: Step?
    /// `nil` when that depends on what has no date yet.
    package let date: NumericDate?
    package let reason: Reason
}

extension SigningKeySchedule {
    package func outlook(of record: SigningKeyRecord, at now: NumericDate) -> SigningKeyOutlook {
        switch record.stage {
        case .active: activeOutlook(record, at: now)
        case .pending: pendingOutlook(record)
        case .retired: SigningKeyOutlook(step: .remove, date: record.publishedUntil, reason: .lastTokens)
        case .removed: SigningKeyOutlook(step: nil, date: nil, reason: .gone)
        }
    }

    private func activeOutlook(_ record: SigningKeyRecord, at now: NumericDate) -> SigningKeyOutlook {
        guard policy.signs(record.algorithm) else {
            let isReplaced = policy.algorithms.contains { active($0) != nil }
            let date = isReplaced ? now : policy.algorithms.compactMap { successor(of: $0)?.usableAt }.min()
            return SigningKeyOutlook(step: .retire, date: date, reason: .notConfigured)
        }
        guard let successor = successor(of: record.algorithm) else {
            return SigningKeyOutlook(step: nil, date: nil, reason: .noSuccessor)
        }
        let age = age(of: record) ?? now
        let isHeldBack = successor.usableAt > age
        return SigningKeyOutlook(
            step: .retire,
            date: max(age, successor.usableAt),
            reason: isHeldBack
                ? .successorWaits(kid: successor.kid) : .age(successorUsableAt: successor.usableAt)
        )
    }

    private func pendingOutlook(_ record: SigningKeyRecord) -> SigningKeyOutlook {
        guard policy.signs(record.algorithm) else {
            return SigningKeyOutlook(step: nil, date: nil, reason: .unused)
        }
        if let first = successor(of: record.algorithm), !bytesEqual(first.kid, record.kid) {
            return SigningKeyOutlook(step: nil, date: nil, reason: .behind(kid: first.kid))
        }
        let date = rotation(of: record.algorithm) ?? record.usableAt
        return SigningKeyOutlook(
            step: .activate,
            date: date,
            reason: date > record.usableAt ? .turn : .copies
        )
    }
}
