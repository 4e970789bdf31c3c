import AdminAPI
import AuthorizationServer
import OAuth

/// The roles and groups of a key, as they are given: by identifier or name.
extension AdminReader {
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` with every mistake; any other error is a store failure.
    func roles(given references: [String]) throws -> [RoleRecord] {
        try found(references, "/roles", "role", \.id) { try role(given: $0) }
    }

    /// - Throws: As ``roles(given:)``.
    func groups(given references: [String]) throws -> [GroupRecord] {
        try found(references, "/groups", "group", \.id) { try group(given: $0) }
    }

    func roles(given patch: Member<[String]>, replacing old: [RoleRecord]) throws -> [RoleRecord] {
        try patch.value.map { try roles(given: $0) } ?? patch.applied(to: old, droppingWith: [])
    }

    func groups(given patch: Member<[String]>, replacing old: [GroupRecord]) throws -> [GroupRecord] {
        try patch.value.map { try groups(given: $0) } ?? patch.applied(to: old, droppingWith: [])
    }

    private func found<Record, ID: Hashable>(
        _ references: [String],
        _ pointer: String,
        _ what: String,
        _ id: (Record) -> ID,
        _ find: (String) throws -> Record?
    ) throws -> [Record] {
        var records: [Record] = []
        var seen: Set<ID> = []
        var mistakes: [FieldMistake] = []
        for (index, reference) in references.enumerated() {
            guard let record = try find(reference) else {
                mistakes.append(FieldMistake("\(pointer)/\(index)", "there is no such \(what)"))
                continue
            }
            if !seen.insert(id(record)).inserted {
                mistakes.append(FieldMistake("\(pointer)/\(index)", "stands there twice"))
            }
            records.append(record)
        }
        guard mistakes.isEmpty else { throw AdminRefusal.invalidInput(mistakes) }
        return records
    }
}

extension Member {
    /// Of a patch without a value: what stays.
    fileprivate func applied<Whole>(to old: Whole, droppingWith empty: Whole) -> Whole {
        if case .null = self { empty } else { old }
    }
}

extension AdministrationLimits {
    /// Whether tokens stay short enough when what their keys share is changed.
    ///
    /// - Parameter keys: As they stand.
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` when tokens of one could get too long, and longer than before.
    func checkTokens(of keys: [KeyRecord], at pointer: String, _ change: (inout KeyRecord) -> Void) throws {
        for old in keys {
            var key = old
            change(&key)
            let length = tokenSize.length(of: key)
            guard length > maximumTokenLength, length > tokenSize.length(of: old) else { continue }
            throw AdminRefusal.invalidInput([
                FieldMistake(
                    pointer,
                    "tokens of the key \(key.id) could have \(length) characters and may have \(maximumTokenLength)"
                )
            ])
        }
    }
}
