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

    /// The lines of a body that has one JSON value on each, numbered from 1; blank ones are left out.
    ///
    /// - Returns: `nil` for more than `limit`; what is past it is not looked at.
    /// - Throws: A ``Problem`` (415) for another type.
    func lines(atMost limit: Int) throws -> [(number: Int, text: ArraySlice<UInt8>)]? {
        try requireType(["application/x-ndjson"])
        var lines: [(number: Int, text: ArraySlice<UInt8>)] = []
        var (rest, number) = (body[...], 1)
        while !rest.isEmpty {
            let line = rest.prefix { $0 != 0x0A }
            if !line.isBlank {
                guard lines.count < limit else { return nil }
                lines.append((number, line))
            }
            rest = rest[line.endIndex...].dropFirst()
            number += 1
        }
        return lines
    }

    private func json(_ types: [String]) throws -> JSONValue {
        try requireType(types)
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw AdminRefusal.invalidInput([FieldMistake("", "is not JSON: \(error)")])
        }
    }

    private func requireType(_ types: [String]) throws {
        guard let mediaType, types.contains(where: { bytesEqual($0, mediaType) }) else {
            throw AdminProblem.unsupportedMediaType(types)
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
