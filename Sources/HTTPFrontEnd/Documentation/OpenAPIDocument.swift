import Primitives

/// An OpenAPI 3.1 document: its operations in their order, and its references resolved.
struct OpenAPIDocument: Sendable {
    struct Operation: Sendable {
        let path: String
        /// Upper case, as it stands in a request.
        let method: String
        let value: DocumentValue
        /// Of the path first, then of the operation.
        let parameters: [DocumentValue]
        let servers: [DocumentValue]

        var id: String { value["operationId"]?.string ?? "\(method) \(path)" }
        var tag: String { value["tags"]?.elements.first?.string ?? "" }
    }

    /// Why a document cannot be shown.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    let root: DocumentValue
    let operations: [Operation]

    private static let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    /// - Throws: ``Mistake`` when `yaml` holds no OpenAPI 3.1 document or a reference that leads nowhere; Yams'
    ///   own error when it is not YAML.
    init(parsing yaml: [UInt8]) throws {
        root = try DocumentValue(parsing: yaml)
        guard root["openapi"]?.string?.hasPrefix("3.1") == true, let paths = root["paths"] else {
            throw Mistake(description: "not an OpenAPI 3.1 document with paths")
        }
        let servers = root["servers"]?.elements ?? []
        operations = paths.members.flatMap { path in
            path.value.members.filter { Self.methods.contains($0.name) }.map { method in
                Operation(
                    path: path.name,
                    method: method.name.uppercased(),
                    value: method.value,
                    parameters: (path.value["parameters"]?.elements ?? [])
                        + (method.value["parameters"]?.elements ?? []),
                    servers: path.value["servers"]?.elements ?? servers
                )
            }
        }
        try check(root)
    }

    /// Follows references to what they lead to.
    ///
    /// What stands beside a `$ref` overrides what it leads to, as JSON Schema 2020-12 allows.
    func resolve(_ value: DocumentValue) -> DocumentValue {
        var value = value
        // Longer chains can only be circles.
        for _ in 0..<16 {
            guard let reference = value["$ref"]?.string, let target = target(of: reference) else {
                return value
            }
            let beside = value.members.filter { $0.name != "$ref" }
            let kept = target.members.filter { member in
                !beside.contains { bytesEqual($0.name, member.name) }
            }
            value = .object(beside + kept)
        }
        return .null
    }

    /// The last part of a reference: the name that the component has.
    func componentName(_ value: DocumentValue) -> String? {
        value["$ref"]?.string?.split(separator: "/").last.map(String.init)
    }

    private func target(of reference: String) -> DocumentValue? {
        guard reference.hasPrefix("#/") else { return nil }
        var value = root
        for step in reference.dropFirst(2).split(separator: "/") {
            guard let next = value[String(step)] else { return nil }
            value = next
        }
        return value
    }

    private func check(_ value: DocumentValue) throws(Mistake) {
        switch value {
        case .object(let members):
            for member in members {
                if member.name == "$ref", let reference = member.value.string, target(of: reference) == nil {
                    throw Mistake(description: "the reference \(reference) leads nowhere")
                }
                try check(member.value)
            }
        case .array(let elements):
            for element in elements { try check(element) }
        default:
            break
        }
    }
}
