import OAuth
import Primitives

extension JSONValue {
    static func strings(_ strings: [String]) -> JSONValue { .array(strings.map(JSONValue.string)) }

    static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(Int64(value))) }

    static func date(_ date: NumericDate) -> JSONValue { .string(date.rfc3339) }
}

extension JSONObject {
    /// `null` for what there is not.
    mutating func set<Value>(_ name: String, _ value: Value?, _ print: (Value) -> JSONValue) {
        self[name] = value.map(print) ?? .null
    }

    /// Nothing for what there is not.
    mutating func add<Value>(_ name: String, _ value: Value?, _ print: (Value) -> JSONValue) {
        guard let value else { return }
        self[name] = print(value)
    }
}
