import Administration
import Foundation
import GRDB
import OAuth

/// The WHERE clause of a list of keys, and the indexes that could give its rows.
///
/// Indexes are named, not left to the planner, which knows nothing of how many keys share a name. What is asked of
/// policies is one condition, so that a key which is passed over is looked for once, and a combination that no policy
/// has is known before any key is.
struct KeyQuery {
    /// What walks in order of `id` go along; with more than one, each has a part of the keys.
    private(set) var walks: [Walk]
    private var conditions: [String] = []
    private(set) var arguments: StatementArguments = []
    /// Conditions that an index answers.
    var sources: [KeySource] = []

    struct Walk {
        let index: String
        /// Which part of the keys the index has.
        let condition: String

        static let live = Walk(index: "liveKey", condition: "k.revokedAt IS NULL")
        static let revoked = Walk(index: "revokedKey", condition: "k.revokedAt IS NOT NULL")
    }

    /// With whatever part of the keys it is about.
    var text: String { text(walks.count == 1 ? walks[0].condition : "1") }

    func text(_ part: String) -> String { ([part] + conditions).joined(separator: " AND ") }

    init(_ filter: KeyFilter, at now: NumericDate) {
        walks = filter.includesRevoked && filter.status == nil ? [.live, .revoked] : [.live]
        if let name = filter.name {
            require("k.name = ?", [name])
            sources.append(KeySource(index: "keyByName", "k.name = ?", [name], isCovering: true))
        }
        if let prefix = filter.namePrefix { require(prefix: prefix) }
        if let status = filter.status { require(status, at: now) }
        requirePolicy(filter)
    }

    mutating func require(_ condition: String, _ arguments: StatementArguments) {
        conditions.append(condition)
        self.arguments += arguments
    }

    private mutating func require(_ status: KeyStatus, at now: NumericDate) {
        let isCurrent = "(k.expiresAt IS NULL OR k.expiresAt > ?)"
        switch status {
        case .revoked:
            walks = [.revoked]
            let condition = "k.revokedAt IS NOT NULL AND k.id > x''"
            sources.append(KeySource(index: "revokedKey", condition, [], isCovering: true))
        case .expired:
            require("k.expiresAt <= ?", [now.seconds])
            sources.append(KeySource(index: "expiringKey", "k.expiresAt <= ?", [now.seconds]))
        case .disabled:
            require(isCurrent, [now.seconds])
            conditions.append("k.isDisabled = 1")
            sources.append(KeySource(index: "disabledKey", "k.isDisabled = 1 AND k.id > x''", []))
        case .active:
            require(isCurrent, [now.seconds])
            conditions.append("k.isDisabled = 0")
        }
    }

    private mutating func require(prefix: String) {
        guard let end = Self.successor(of: prefix) else { return require("k.name >= ?", [prefix]) }
        require("k.name >= ?", [prefix])
        require("k.name < ?", [end])
        let condition = "k.name >= ? AND k.name < ?"
        sources.append(KeySource(index: "keyByName", condition, [prefix, end], isCovering: true))
    }

    /// Each condition narrows the one inside it; that of a scope is the innermost, for it has two halves.
    private mutating func requirePolicy(_ filter: KeyFilter) {
        var (numbers, arguments) = ("", StatementArguments())
        if let scope = filter.scope {
            numbers = """
                SELECT policy FROM policyScope WHERE scope = ? UNION ALL
                SELECT p.policy FROM roleScope s CROSS JOIN policyRole p ON p.role = s.role WHERE s.scope = ?
                """
            arguments = [scope, scope]
        }
        func narrow(_ query: String, _ argument: (any DatabaseValueConvertible)?) {
            guard let argument else { return }
            numbers = query + (numbers.isEmpty ? "" : " AND policy IN (\(numbers))")
            arguments = [argument] + arguments
        }
        narrow("SELECT policy FROM policyRole WHERE role = ?", filter.role?.ulid.stored)
        narrow("SELECT policy FROM policyGroup WHERE keyGroup = ?", filter.group?.ulid.stored)
        narrow("SELECT policy FROM policyAudience WHERE audience = ?", filter.audience)
        guard !numbers.isEmpty else { return }
        let condition = "k.policy IN (\(numbers))"
        require(condition, arguments)
        sources.append(KeySource(index: "keyByPolicy", condition, arguments, isCovering: true))
    }

    /// The least text that comes after all that begin with `prefix`: bytes and scalars have one order in UTF-8.
    ///
    /// - Returns: `nil` when nothing comes after them.
    static func successor(of prefix: String) -> String? {
        var scalars = Array(prefix.unicodeScalars)
        while let last = scalars.popLast() {
            let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
            guard let scalar = Unicode.Scalar(next) else { continue }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            view.append(scalar)
            return String(view)
        }
        return nil
    }
}

/// A condition that an index answers.
struct KeySource {
    let index: String
    let condition: String
    let arguments: StatementArguments
    /// Whether the index holds all that a list is filtered and sorted by, so that no key need be looked up.
    let isCovering: Bool
    /// The identifier of one key more, whether the condition holds for it or not.
    var besides: Data?

    init(
        index: String,
        _ condition: String,
        _ arguments: StatementArguments,
        isCovering: Bool = false
    ) {
        self.index = index
        self.condition = condition
        self.arguments = arguments
        self.isCovering = isCovering
    }
}
