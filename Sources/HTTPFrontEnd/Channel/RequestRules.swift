package import NIOHTTP1

/// What is refused of a request before its body is read: ambiguity and excess (RFC 9112 §3.2, §6, §11.2).
package enum RequestRules {
    package struct Violation: Sendable {
        package let status: Int
        package let description: StaticString
    }

    /// - Parameter fields: Of `head`.
    package static func violation(
        of head: HTTPRequestHead,
        _ fields: KnownFields,
        bounds: Bounds
    ) -> Violation? {
        guard head.version.major == 1, head.version.minor <= 1 else {
            return Violation(status: 400, description: "the HTTP version must be 1.0 or 1.1")
        }
        let uri = head.uri
        guard uri.utf8.count <= bounds.requestTarget else {
            return Violation(
                status: 414,
                description: "the request target must be at most 8 KiB: parameters belong in the body"
            )
        }
        guard isPath(uri.utf8.span) else {
            return Violation(status: 400, description: "the request target must be a path of visible ASCII")
        }
        return host(fields, isOld: head.version == .http1_0) ?? framing(of: head, fields)
    }

    private static func isPath(_ target: Span<UInt8>) -> Bool {
        guard !target.isEmpty, target[0] == UInt8(ascii: "/") else { return false }
        for index in target.indices where !(0x21...0x7E).contains(target[index]) { return false }
        return true
    }

    /// Exactly one `Host`, without user information or path (RFC 9112 §3.2).
    ///
    /// - Parameter isOld: HTTP/1.0 knows requests without one.
    private static func host(_ fields: KnownFields, isOld: Bool) -> Violation? {
        switch fields.host {
        case .none where isOld: return nil
        case .one(let host) where isHostName(host.utf8.span): return nil
        case .one: return Violation(status: 400, description: "the Host header field must be a host name")
        case .none, .several:
            return Violation(status: 400, description: "there must be exactly one Host header field")
        }
    }

    private static func isHostName(_ host: Span<UInt8>) -> Bool {
        for index in host.indices {
            switch host[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                continue
            default: return false
            }
        }
        return true
    }

    /// Only ASCII letters have two cases here: Unicode folds the Kelvin sign to a k.
    private static func isChunked(_ coding: String) -> Bool {
        coding.utf8.elementsEqual("chunked".utf8) { $0 | 0x20 == $1 }
    }

    /// One way only to say where the body ends (RFC 9112 §6.3, §11.2).
    private static func framing(of head: HTTPRequestHead, _ fields: KnownFields) -> Violation? {
        let (lengths, codings) = (fields.contentLength, fields.transferEncoding)
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else {
            return Violation(status: 400, description: "the length of the body must be given once")
        }
        if let length = lengths.first {
            guard (1...18).contains(length.utf8.count), isNumber(length.utf8.span) else {
                return Violation(status: 400, description: "Content-Length must be a number")
            }
        }
        if let coding = codings.first {
            guard head.version == .http1_1, isChunked(coding) else {
                return Violation(
                    status: 400,
                    description: "the transfer coding must be chunked alone, in HTTP/1.1"
                )
            }
        }
        if let expectation = fields.expect.first, expectation.lowercased() != "100-continue" {
            return Violation(status: 417, description: "the expectation must be 100-continue")
        }
        return nil
    }

    private static func isNumber(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) {
            return false
        }
        return true
    }
}
