import AdminAPI
import Administration
import OAuth
import Primitives

/// The query of one request: every parameter known, and none twice.
struct AdminQuery {
    private var values: [ByteString: String] = [:]

    /// Bytes of a value; no name is longer, and neither is a cursor made of one.
    private static let maximumLength = 1024

    /// - Throws: A ``Problem`` with status 400.
    init(_ query: [(name: String, value: String)], known: [String]) throws(Problem) {
        for (name, value) in query {
            guard known.contains(where: { bytesEqual($0, name) }) else {
                throw AdminProblem.invalidQuery(
                    known.isEmpty
                        ? "this operation has no query parameters"
                        : "the query may have \(known.joined(separator: ", ")) and nothing else"
                )
            }
            guard value.utf8.count <= Self.maximumLength else {
                throw AdminProblem.invalidQuery("\(name) is longer than \(Self.maximumLength) bytes")
            }
            guard values.updateValue(value, forKey: ByteString(name)) == nil else {
                throw AdminProblem.invalidQuery("\(name) stands there twice")
            }
        }
    }

    subscript(_ name: String) -> String? { values[ByteString(name)] }

    /// `limit` 1 to `maximum`, `standard` when there is none; `cursor` as `next_cursor` of the page before gave it.
    ///
    /// - Parameter isPosition: Whether a cursor of this list can say such a thing.
    /// - Throws: A ``Problem`` with status 400.
    func page(
        standard: Int = 50,
        maximum: Int = 200,
        _ isPosition: (String) -> Bool
    ) throws(Problem) -> PageRequest {
        var page = PageRequest(limit: standard, after: nil)
        if let text = self["limit"] {
            guard let limit = Int(decimal: Array(text.utf8)[...], upTo: maximum), limit > 0 else {
                throw AdminProblem.invalidQuery("limit must be a number from 1 to \(maximum)")
            }
            page.limit = limit
        }
        if let cursor = self["cursor"] {
            guard let bytes = Base64URL.decode(Array(cursor.utf8)[...]),
                let position = String(validating: bytes, as: UTF8.self), isPosition(position)
            else {
                throw AdminProblem.invalidQuery(
                    "cursor must be the next_cursor of the page before, as it was"
                )
            }
            page.after = position
        }
        return page
    }

    /// The name of something, 1 to 128 bytes unless said otherwise.
    ///
    /// - Throws: A ``Problem`` with status 400.
    func name(_ name: String, upTo maximum: Int = 128) throws(Problem) -> String? {
        guard let text = self[name] else { return nil }
        guard (1...maximum).contains(text.utf8.count) else {
            throw AdminProblem.invalidQuery("\(name) must have 1 to \(maximum) bytes")
        }
        return text
    }

    /// - Throws: A ``Problem`` with status 400.
    func flag(_ name: String) throws(Problem) -> Bool {
        guard let text = self[name] else { return false }
        if bytesEqual(text, "true") { return true }
        guard bytesEqual(text, "false") else {
            throw AdminProblem.invalidQuery("\(name) must be true or false")
        }
        return false
    }

    /// - Throws: A ``Problem`` with status 400.
    func status() throws(Problem) -> KeyStatus? {
        guard let text = self["status"] else { return nil }
        guard let status = KeyStatus.allCases.first(where: { bytesEqual($0.rawValue, text) }) else {
            let words = KeyStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw AdminProblem.invalidQuery("status must be one of \(words)")
        }
        return status
    }
}
