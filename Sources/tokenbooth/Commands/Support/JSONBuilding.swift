import Primitives

extension JSONObject {
    /// Takes fields back to their defaults.
    /// - Throws: ``CommandFailure`` for one that is given a value, too: only one of the two can be meant.
    mutating func clear(_ fields: [String]) throws {
        for field in fields where self[field] != nil {
            throw CommandFailure(.usage, "\(field) is given a value and cleared: which of the two?")
        }
        for field in fields { self[field] = .null }
    }

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
