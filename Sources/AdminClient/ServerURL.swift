/// A server to talk to, and what may be sent there.
package struct ServerURL: Sendable {
    /// Without a trailing slash.
    package let text: String
    package let isSecure: Bool
    package let isLoopback: Bool

    /// - Parameters:
    ///   - isSecure: The scheme is `https`.
    ///   - isLoopback: Nothing sent there leaves this machine.
    package init(_ text: String, isSecure: Bool, isLoopback: Bool) {
        self.text = text
        self.isSecure = isSecure
        self.isLoopback = isLoopback
    }

    /// Whether a secret may go there: never in the clear over a network.
    package var mayReceiveSecrets: Bool { isSecure || isLoopback }
}

/// Percent-encoding (RFC 3986 §2.1) of everything but unreserved characters.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.append(byte)
            default:
                output.append(UInt8(ascii: "%"))
                output.append(digit(byte >> 4))
                output.append(digit(byte & 15))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "A") + nibble - 10
    }

    /// `name=value&…`, for queries and forms.
    static func pairs(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }
}
