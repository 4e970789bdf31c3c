import AdminAPI
import Administration
import Primitives

extension AdminRequest {
    /// The body of a creation.
    ///
    /// - Throws: A ``Problem`` (415) for another type; ``AdminRefusal/invalidInput(_:)`` for anything but JSON.
    func json() throws -> JSONValue { try json(["application/json"]) }

    /// The body of an order that may go without one.
    ///
    /// - Throws: As ``json()``.
    func optionalJSON() throws -> JSONValue {
        body.isEmpty ? .object(JSONObject()) : try json()
    }

    /// The body of a change: a merge patch, which may be called plain JSON.
    ///
    /// - Throws: As ``json()``.
    func mergePatch() throws -> JSONValue { try json(["application/merge-patch+json", "application/json"]) }

    private func json(_ types: [String]) throws -> JSONValue {
        guard let mediaType, types.contains(where: { bytesEqual($0, mediaType) }) else {
            throw AdminProblem.unsupportedMediaType(types)
        }
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw AdminRefusal.invalidInput([AdminRefusal.Mistake("", "is not JSON: \(error)")])
        }
    }

    /// Type and subtype in lower case (RFC 9110 §8.3.1); `nil` also for a charset other than UTF-8.
    private var mediaType: String? {
        guard let contentType else { return nil }
        let parts = contentType.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { trimmed(lowercased($0)) }
        let isUTF8 = parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
        return isUTF8 ? parts.first : nil
    }

    private func lowercased(_ text: Substring.UTF8View) -> [UInt8] {
        text.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
    }

    private func trimmed(_ text: [UInt8]) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let start = text.drop(while: isSpace)
        return String(decoding: start.reversed().drop(while: isSpace).reversed(), as: UTF8.self)
    }
}
