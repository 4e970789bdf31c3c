/// The parameters of one `application/x-www-form-urlencoded` body.
///
/// OAuth reads forms more strictly than HTML does (RFC 6749 §3.2): a repeated parameter is an error,
/// except those that may repeat (RFC 8693 §2.1, RFC 8707 §2), and a parameter without a value counts as
/// absent. Unknown names are ignored, though they too must be well-formed.
package struct FormParameters: Sendable {
    /// In the order sent.
    ///
    /// A request has a handful, so that looking through them costs less than a table.
    private var values: [(name: ParameterName, value: [UInt8])] = []

    /// A form of more parameters than this is refused unread.
    package static let maximumCount = 1024

    /// Decodes a request body (RFC 6749 Appendix B).
    ///
    /// - Parameter body: Raw bytes. The caller caps their number.
    /// - Throws: `invalid_request` on a bad percent escape, a NUL, bytes that are not UTF-8, too many
    ///   parameters, or one that was repeated and may not be.
    package init(parsing body: [UInt8]) throws(OAuthError) {
        var start = body.startIndex
        var count = 0
        while start < body.endIndex {
            let end = body[start...].firstIndex(of: UInt8(ascii: "&")) ?? body.endIndex
            count += 1
            guard count <= Self.maximumCount else {
                throw OAuthError(
                    .invalidRequest,
                    "the body must have at most \(Self.maximumCount) parameters"
                )
            }
            if start < end { try add(body[start..<end]) }
            start = end + 1
        }
    }

    private mutating func add(_ pair: ArraySlice<UInt8>) throws(OAuthError) {
        let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
        let spelling = pair[..<equals]
        let known =
            Self.needsDecoding(spelling.span)
            ? ParameterName(bytes: try Self.decode(spelling)[...]) : ParameterName(bytes: spelling)
        let value = try Self.decode(pair[min(equals + 1, pair.endIndex)...])
        guard !value.isEmpty, let name = known else { return }
        guard name.mayRepeat || !values.contains(where: { $0.name == name }) else {
            throw OAuthError(
                .invalidRequest,
                "the parameter \(name.text) was sent more than once: send it once"
            )
        }
        values.append((name, value))
    }

    /// The value of `name`, or `nil` when it was absent or empty.
    package subscript(_ name: ParameterName) -> [UInt8]? { values.first { $0.name == name }?.value }

    /// Every value of a parameter that may repeat, in the order sent.
    package func all(_ name: ParameterName) -> [[UInt8]] {
        values.filter { $0.name == name }.map(\.value)
    }

    /// Undoes `+` and `%XX`.
    ///
    /// - Throws: `invalid_request` on a bad escape, a NUL or bytes that are not UTF-8.
    package static func decode(_ text: ArraySlice<UInt8>) throws(OAuthError) -> [UInt8] {
        guard needsDecoding(text.span) else { return Array(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var isASCII = true
        var index = text.startIndex
        while index < text.endIndex {
            var byte = text[index]
            index += 1
            if byte == UInt8(ascii: "+") {
                byte = UInt8(ascii: " ")
            } else if byte == UInt8(ascii: "%") {
                guard index + 1 < text.endIndex, let high = hexValue(text[index]),
                    let low = hexValue(text[index + 1])
                else {
                    throw OAuthError(
                        .invalidRequest,
                        "the body has a broken percent escape: a percent sign itself is %25"
                    )
                }
                byte = high << 4 | low
                index += 2
            }
            guard byte != 0 else {
                throw OAuthError(.invalidRequest, "the body has a NUL character: no parameter may hold one")
            }
            isASCII = isASCII && byte < 0x80
            bytes.append(byte)
        }
        guard isASCII || String(validating: bytes, as: UTF8.self) != nil else {
            throw OAuthError(
                .invalidRequest,
                "the body is not UTF-8: encode it so before it is percent-encoded"
            )
        }
        return bytes
    }

    private static func needsDecoding(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "%"), UInt8(ascii: "+"), 0, 0x80...: return true
            default: continue
            }
        }
        return false
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
