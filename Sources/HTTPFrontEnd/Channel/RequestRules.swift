package import NIOHTTP1

/// What is refused of a request before its body is read: ambiguity and excess (RFC 9112 §3.2, §6, §11.2).
package enum RequestRules {
    package struct Violation: Sendable {
        package let status: Int
        package let description: StaticString
    }

    package static func violation(of head: HTTPRequestHead, bounds: Bounds) -> Violation? {
        guard head.version.major == 1, head.version.minor <= 1 else {
            return Violation(status: 400, description: "the HTTP version is not 1.0 or 1.1")
        }
        guard head.uri.utf8.count <= bounds.requestTarget else {
            return Violation(status: 414, description: "the request target is longer than 8 KiB")
        }
        guard head.uri.utf8.first == UInt8(ascii: "/"),
            head.uri.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            return Violation(status: 400, description: "the request target must be a path of visible ASCII")
        }
        return host(of: head) ?? framing(of: head)
    }

    /// Exactly one `Host`, without user information or path (RFC 9112 §3.2).
    private static func host(of head: HTTPRequestHead) -> Violation? {
        let hosts = head.headers["host"]
        let isOld = head.version == .http1_0
        guard hosts.count == 1 || (isOld && hosts.isEmpty) else {
            return Violation(status: 400, description: "the request needs exactly one Host header field")
        }
        let isPlain = hosts.allSatisfy { host in
            host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
                    true
                default: false
                }
            }
        }
        return isPlain ? nil : Violation(status: 400, description: "the Host header field is not a host name")
    }

    /// Only ASCII letters have two cases here: Unicode folds the Kelvin sign to a k.
    private static func isChunked(_ coding: String) -> Bool {
        coding.utf8.elementsEqual("chunked".utf8) { $0 | 0x20 == $1 }
    }

    /// One way only to say where the body ends (RFC 9112 §6.3, §11.2).
    private static func framing(of head: HTTPRequestHead) -> Violation? {
        let lengths = head.headers["content-length"]
        let codings = head.headers["transfer-encoding"]
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else {
            return Violation(status: 400, description: "the length of the body is given more than once")
        }
        if let length = lengths.first {
            let isNumber =
                (1...18).contains(length.utf8.count)
                && length.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard isNumber else {
                return Violation(status: 400, description: "Content-Length is not a number")
            }
        }
        if let coding = codings.first {
            guard head.version == .http1_1, isChunked(coding) else {
                return Violation(status: 400, description: "the only transfer coding is chunked, in HTTP/1.1")
            }
        }
        if let expectation = head.headers["expect"].first, expectation.lowercased() != "100-continue" {
            return Violation(status: 417, description: "the only expectation is 100-continue")
        }
        return nil
    }
}
