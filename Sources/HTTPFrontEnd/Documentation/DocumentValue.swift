import Primitives
import Yams

/// A value of a YAML document, in the order of its source.
indirect enum DocumentValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([DocumentValue])
    case object([Member])

    struct Member: Sendable {
        let name: String
        let value: DocumentValue
    }

    /// - Throws: Yams' own error when `yaml` is not YAML.
    init(parsing yaml: [UInt8]) throws {
        guard let node = try Yams.compose(yaml: String(decoding: yaml, as: UTF8.self)) else {
            self = .null
            return
        }
        self.init(node)
    }

    private init(_ node: Node) {
        switch node {
        case .mapping(let mapping):
            self = .object(
                mapping.map { Member(name: $0.key.scalar?.string ?? "", value: DocumentValue($0.value)) }
            )
        case .sequence(let sequence):
            self = .array(sequence.map { DocumentValue($0) })
        case .scalar(let scalar):
            self = Self.value(of: node, written: scalar.string)
        case .alias:
            self = .null
        }
    }

    private static func value(of node: Node, written text: String) -> DocumentValue {
        switch node.any {
        case let value as Bool: .bool(value)
        case let value as Int: .integer(value)
        case let value as Double: .number(value)
        case is String: .string(text)
        default: bytesEqual(text, "null") || bytesEqual(text, "~") || text.isEmpty ? .null : .string(text)
        }
    }

    /// The first member of that name.
    subscript(name: String) -> DocumentValue? {
        members.first { bytesEqual($0.name, name) }?.value
    }

    var members: [Member] {
        if case .object(let members) = self { members } else { [] }
    }

    var elements: [DocumentValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    var isTrue: Bool {
        if case .bool(let value) = self { value } else { false }
    }

    /// A scalar as a reader would write it; empty for the rest.
    var plain: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .string(let text): text
        case .array, .object: ""
        }
    }
}
