import Primitives

/// HTML under construction.
///
/// Markup can only be a literal of this source; everything else goes through ``text(_:)`` or the value of an
/// attribute, and both escape.
struct HTMLWriter {
    typealias Attribute = (name: StaticString, value: String)

    private(set) var bytes: [UInt8] = []

    mutating func markup(_ literal: StaticString) {
        bytes.append(ascii: literal)
    }

    mutating func text(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(ascii: "&amp;")
            case UInt8(ascii: "<"): bytes.append(ascii: "&lt;")
            case UInt8(ascii: ">"): bytes.append(ascii: "&gt;")
            case UInt8(ascii: "\""): bytes.append(ascii: "&quot;")
            case UInt8(ascii: "'"): bytes.append(ascii: "&#39;")
            default: bytes.append(byte)
            }
        }
    }

    mutating func element(
        _ name: StaticString,
        _ attributes: [Attribute] = [],
        body: (inout HTMLWriter) -> Void
    ) {
        bytes.append(ascii: "<")
        bytes.append(ascii: name)
        for attribute in attributes {
            bytes.append(ascii: " ")
            bytes.append(ascii: attribute.name)
            bytes.append(ascii: "=\"")
            text(attribute.value)
            bytes.append(ascii: "\"")
        }
        bytes.append(ascii: ">")
        body(&self)
        bytes.append(ascii: "</")
        bytes.append(ascii: name)
        bytes.append(ascii: ">")
    }

    mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], text: String) {
        element(name, attributes) { $0.text(text) }
    }

    mutating func link(to target: String, text: String) {
        element("a", [("href", target)], text: text)
    }
}
