package import Primitives

/// Entity-tags of the admin API's resources (RFC 9110 §8.8.3).
///
/// A tag names what administrators can change. When a key was last used, and the secret that is shown once, do not
/// count: whoever read a key before it was used may still change it after.
package enum ResourceTag {
    private static let volatile = ["last_used_at", "last_used_ip", "key"]

    /// The strong tag of a resource as its GET shows it.
    package static func tag(of resource: JSONValue) -> String {
        var resource = resource
        if case .object(var object) = resource {
            for name in volatile { object[name] = nil }
            resource = .object(object)
        }
        let digest = SHA256.hash(resource.serialized).bytes.prefix(12)
        return "\"" + String(decoding: Base64URL.encode(Array(digest)), as: UTF8.self) + "\""
    }

    /// Whether `If-Match` with these entries allows a change of a resource with this tag (RFC 9110 §13.1.1).
    ///
    /// - Parameter conditions: As ``entries(of:)`` gives them; strong comparison, or `*`.
    package static func matches(_ conditions: [String], _ tag: String) -> Bool {
        conditions.contains { bytesEqual($0, "*") || bytesEqual($0, tag) }
    }

    /// The entries of a list of entity-tags: one or several header fields.
    ///
    /// What is between two commas counts as one tag: ours have neither commas nor spaces.
    package static func entries(of fields: [String]) -> [String] {
        fields.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.map { entry in
            let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
            let start = entry.drop(while: isSpace)
            return String(decoding: start.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
        }.filter { !$0.isEmpty }
    }
}
