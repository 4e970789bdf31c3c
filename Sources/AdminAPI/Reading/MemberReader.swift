import Primitives

/// Reads one member's value; on a mistake it says so and gives `nil`.
typealias FieldRule<Value> =
    @Sendable (_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Value?

/// Reads the members of one object and gathers all mistakes on the way.
struct MemberReader {
    let object: JSONObject
    private(set) var mistakes: [FieldMistake] = []

    /// - Parameters:
    ///   - known: Names that may stand there; `nil` for any, as a client reads an answer that may have grown.
    ///   - readOnly: Names that answers have and requests may not set.
    /// - Throws: ``InvalidMessage`` when `value` is not an object.
    init(_ value: JSONValue, known: [String]?, readOnly: [String] = []) throws(InvalidMessage) {
        guard let object = value.object else {
            throw InvalidMessage([FieldMistake("", "must be a JSON object")])
        }
        self.object = object
        guard let known else { return }
        for (name, _) in object.members where !known.contains(where: { bytesEqual($0, name) }) {
            let isReadOnly = readOnly.contains { bytesEqual($0, name) }
            mistakes.append(
                FieldMistake(
                    "/\(pointerToken(name))",
                    isReadOnly ? "cannot be set" : "is not a member of this object"
                )
            )
        }
    }

    /// Three states apart: what a merge patch needs.
    mutating func member<Value: Sendable>(_ name: String, _ rule: FieldRule<Value>) -> Member<Value> {
        switch object[name] {
        case nil: return .absent
        case .null: return .null
        case let value?:
            guard let value = rule(value, "/\(name)", &mistakes) else { return .absent }
            return .value(value)
        }
    }

    /// A member that cannot be taken away.
    mutating func lasting<Value: Sendable>(_ name: String, _ rule: FieldRule<Value>) -> Value? {
        let member = member(name, rule)
        if case .null = member { mistakes.append(FieldMistake("/\(name)", "cannot be null")) }
        return member.value
    }

    /// `null` counts as absent: what a creation needs.
    mutating func optional<Value: Sendable>(_ name: String, _ rule: FieldRule<Value>) -> Value? {
        member(name, rule).value
    }

    mutating func required<Value: Sendable>(_ name: String, _ rule: FieldRule<Value>) -> Value? {
        guard let value = object[name] else {
            mistakes.append(FieldMistake("/\(name)", "is required"))
            return nil
        }
        return rule(value, "/\(name)", &mistakes)
    }

    /// - Throws: ``InvalidMessage`` with all mistakes, when there is one.
    func finish() throws(InvalidMessage) {
        guard mistakes.isEmpty else { throw InvalidMessage(mistakes) }
    }

    /// The value that a rule without mistakes has given.
    ///
    /// - Throws: ``InvalidMessage`` with all mistakes, when it gave none.
    func unwrap<Value>(_ value: Value?) throws(InvalidMessage) -> Value {
        guard let value else { throw InvalidMessage(mistakes) }
        return value
    }
}
