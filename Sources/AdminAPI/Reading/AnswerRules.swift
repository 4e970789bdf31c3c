import OAuth
import Primitives

/// Rules of types only: so a client reads what a server says, for the limits of values are the server's.
enum AnswerRules {
    static let key: FieldRule<KeyID> = identifier("key")
    static let project: FieldRule<ProjectID> = identifier("project")
    static let role: FieldRule<RoleID> = identifier("role")
    static let group: FieldRule<GroupID> = identifier("group")
    static let backup: FieldRule<BackupID> = identifier("backup")

    private static func identifier<Kind: IdentifierKind>(_ what: String) -> FieldRule<Identifier<Kind>> {
        { value, pointer, mistakes in
            if let id = value.string.flatMap({ Identifier<Kind>(parsing: $0) }) { return id }
            mistakes.append(FieldMistake(pointer, "must be a \(what)'s identifier"))
            return nil
        }
    }

    static func strings(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> [String]?
    {
        if let array = value.array {
            let strings = array.compactMap(\.string)
            if strings.count == array.count { return strings }
        }
        mistakes.append(FieldMistake(pointer, "must be an array of strings"))
        return nil
    }

    static func integer(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Int? {
        if let integer = value.integer { return Int(integer) }
        mistakes.append(FieldMistake(pointer, "must be a whole number"))
        return nil
    }

    static func bool(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Bool? {
        if let bool = value.bool { return bool }
        mistakes.append(FieldMistake(pointer, "must be true or false"))
        return nil
    }

    static func array(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> [JSONValue]?
    {
        if let array = value.array { return array }
        mistakes.append(FieldMistake(pointer, "must be an array"))
        return nil
    }

    static func backupStatus(
        _ value: JSONValue,
        _ pointer: String,
        _ mistakes: inout [FieldMistake]
    ) -> BackupMessage.Status? {
        let words = BackupMessage.Status.allCases.map(\.rawValue)
        guard let text = FieldRules.one(of: words)(value, pointer, &mistakes) else { return nil }
        return BackupMessage.Status.allCases.first { bytesEqual($0.rawValue, text) }
    }

    static func size(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Int64? {
        if let size = value.integer, size >= 0 { return size }
        mistakes.append(FieldMistake(pointer, "must be a number of bytes"))
        return nil
    }
}
