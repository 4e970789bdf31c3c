import Primitives

/// One mistake of a message: where (a JSON Pointer, RFC 6901) and what, in words for whoever wrote it.
package struct FieldMistake: Sendable, Hashable {
    package var pointer: String
    package var detail: String

    package init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

extension FieldMistake {
    var json: JSONValue {
        .object(JSONObject([("pointer", .string(pointer)), ("detail", .string(detail))]))
    }

    /// - Returns: `nil` for what is no mistake in this form.
    init?(json: JSONValue) {
        guard let pointer = json.object?["pointer"]?.string, let detail = json.object?["detail"]?.string
        else { return nil }
        self.init(pointer, detail)
    }
}

/// Why a JSON value is not the message it should be: every mistake, not the first one only.
package struct InvalidMessage: Error, Sendable {
    package let mistakes: [FieldMistake]

    package init(_ mistakes: [FieldMistake]) { self.mistakes = mistakes }
}

/// A token of a JSON Pointer, escaped (RFC 6901 §3).
func pointerToken(_ name: String) -> String {
    var bytes: [UInt8] = []
    for byte in name.utf8 {
        switch byte {
        case UInt8(ascii: "~"): bytes.append(ascii: "~0")
        case UInt8(ascii: "/"): bytes.append(ascii: "~1")
        default: bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
