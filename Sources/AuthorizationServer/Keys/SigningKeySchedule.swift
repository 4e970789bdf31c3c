package import OAuth
import Primitives

/// When signing keys change: the rows and the settings go in, the next steps come out.
///
/// A pure rule. Every algorithm of the settings has one key that signs and one that is published ahead. A key
/// signs only when no verifier that honours the max-age can hold a key set without it, and stays published as
/// long as anything may be accepted that it has signed.
package struct SigningKeySchedule: Sendable {
    /// In the order in which they are published; without removed ones.
    package let records: [SigningKeyRecord]
    package let policy: SigningKeyPolicy

    package init(_ records: [SigningKeyRecord], policy: SigningKeyPolicy) {
        self.policy = policy
        self.records = Self.published(records)
    }

    /// Those that are published, in the order in which they are: active, pending, retired, and those first that may
    /// sign first.
    package static func published(_ records: [SigningKeyRecord]) -> [SigningKeyRecord] {
        let stages: [SigningKeyRecord.Stage] = [.active, .pending, .retired]
        return stages.flatMap { stage in
            records.filter { $0.stage == stage }.sorted { isEarlier($0, $1) }
        }
    }

    /// What is to be done, and in what order.
    package enum Step: Sendable, Equatable {
        /// A key of the algorithm is to be made and published ahead.
        case publish(algorithm: String)
        /// A pending key is to sign; the one that has signed retires.
        case rotate(algorithm: String)
        /// The algorithm is not in the settings any more, and another key can sign.
        case retire(kid: String)
        case remove(kid: String)
    }

    package struct PlannedStep: Sendable, Equatable {
        package let step: Step
        /// `nil`: at once.
        package let due: NumericDate?

        package func isDue(at now: NumericDate) -> Bool { due.map { now >= $0 } ?? true }
    }

    /// Every step whose date is known.
    package var plan: [PlannedStep] {
        var plan: [PlannedStep] = []
        for algorithm in policy.algorithms {
            if successor(of: algorithm) == nil {
                plan.append(PlannedStep(step: .publish(algorithm: algorithm), due: nil))
            } else if let due = rotation(of: algorithm) {
                plan.append(PlannedStep(step: .rotate(algorithm: algorithm), due: due))
            }
        }
        let isSigning = policy.algorithms.contains { active($0) != nil }
        for record in records {
            switch record.stage {
            case .active where isSigning && !policy.signs(record.algorithm):
                plan.append(PlannedStep(step: .retire(kid: record.kid), due: nil))
            case .retired:
                plan.append(PlannedStep(step: .remove(kid: record.kid), due: record.publishedUntil))
            default: break
            }
        }
        return plan
    }

    package func dueSteps(at now: NumericDate) -> [Step] { plan.filter { $0.isDue(at: now) }.map(\.step) }

    /// When the next step is due that is not due yet.
    package func nextDate(after now: NumericDate) -> NumericDate? {
        plan.compactMap(\.due).filter { $0 > now }.min()
    }

    // MARK: Keys

    package subscript(_ kid: String) -> SigningKeyRecord? { records.first { bytesEqual($0.kid, kid) } }

    /// The key that signs with this algorithm.
    package func active(_ algorithm: String) -> SigningKeyRecord? { first(algorithm, .active) }

    /// The key that signs next with this algorithm: of those that wait, the one that may sign first.
    package func successor(of algorithm: String) -> SigningKeyRecord? { first(algorithm, .pending) }

    package func countPending(_ algorithm: String) -> Int {
        records.count { $0.stage == .pending && bytesEqual($0.algorithm, algorithm) }
    }

    /// When the successor takes over by itself; `nil` when there is none.
    package func rotation(of algorithm: String) -> NumericDate? {
        guard let successor = successor(of: algorithm) else { return nil }
        guard let age = age(of: active(algorithm)) else { return successor.usableAt }
        return max(age, successor.usableAt)
    }

    /// When the key has signed for as long as a key is to sign.
    func age(of active: SigningKeyRecord?) -> NumericDate? {
        active?.activatedAt.map { $0.advanced(by: policy.rotation) }
    }

    private func first(_ algorithm: String, _ stage: SigningKeyRecord.Stage) -> SigningKeyRecord? {
        records.first { $0.stage == stage && bytesEqual($0.algorithm, algorithm) }
    }

    private static func isEarlier(_ left: SigningKeyRecord, _ right: SigningKeyRecord) -> Bool {
        left.usableAt != right.usableAt
            ? left.usableAt < right.usableAt : ByteString(left.kid) < ByteString(right.kid)
    }
}
