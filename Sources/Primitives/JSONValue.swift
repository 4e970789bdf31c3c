/// A JSON value that was read strictly (RFC 8259), or one that is to be written.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The number, when it is an exact integer; see ``JSONNumber/integer``.
    package var integer: Int64? {
        if case .number(let number) = self { number.integer } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let object) = self { object } else { nil }
    }
}

/// A JSON number as it was written: nothing is rounded, so nothing can overflow.
package struct JSONNumber: Sendable {
    package let text: String

    package init(_ value: Int64) {
        text = String(value)
    }

    /// - Parameter text: Already checked against the grammar of RFC 8259 §6.
    init(checked text: String) {
        self.text = text
    }

    /// The value of an exact integer: `nil` for a fraction, an exponent, or anything outside 64 bits.
    package var integer: Int64? { Int64(text) }
}

/// The members of a JSON object in their order, each name once.
package struct JSONObject: Sendable {
    package var members: [(name: String, value: JSONValue)]

    /// - Parameter members: Names must differ; reading checks that, this does not.
    package init(_ members: [(String, JSONValue)] = []) {
        self.members = members.map { (name: $0.0, value: $0.1) }
    }

    /// The member of that name, compared as bytes.
    ///
    /// Setting replaces it in place, appends it, or removes it for `nil`.
    package subscript(_ name: String) -> JSONValue? {
        get { members.first { bytesEqual($0.name, name) }?.value }
        set {
            let index = members.firstIndex { bytesEqual($0.name, name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

/// Why bytes are not JSON, or not the JSON that is accepted here.
package struct JSONError: Error, Sendable, CustomStringConvertible {
    package let reason: String
    /// Bytes from the beginning.
    package let offset: Int

    package init(reason: String, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(reason) at byte \(offset)" }
}
