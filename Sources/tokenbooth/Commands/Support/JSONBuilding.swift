import Primitives

extension JSONObject {
    /// Adds a text that was given.
    mutating func add(_ name: String, _ text: String?) {
        if let text { self[name] = .string(text) }
    }

    /// Adds a list that was given; a repeated flag makes one.
    mutating func add(_ name: String, list: [String]) {
        if !list.isEmpty { self[name] = .array(list.map { .string($0) }) }
    }

    mutating func add(_ name: String, _ number: Int?) {
        if let number { self[name] = .number(JSONNumber(Int64(number))) }
    }
}
