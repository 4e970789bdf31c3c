/// A member of a merge patch: not there, `null`, or a value (RFC 7396 §1).
package enum Member<Value: Sendable>: Sendable {
    /// Leave it as it is.
    case absent
    /// Take it away, so that its default holds again.
    case null
    case value(Value)

    /// The value, when there is one.
    package var value: Value? {
        if case .value(let value) = self { value } else { nil }
    }

    /// What holds after the patch.
    ///
    /// - Parameters:
    ///   - current: What holds before it.
    ///   - standard: What holds when the member is taken away.
    package func applied(to current: Value, default standard: Value) -> Value {
        switch self {
        case .absent: current
        case .null: standard
        case .value(let value): value
        }
    }

    /// What holds after the patch, where nothing at all is the default.
    package func applied(to current: Value?) -> Value? {
        switch self {
        case .absent: current
        case .null: nil
        case .value(let value): value
        }
    }
}
