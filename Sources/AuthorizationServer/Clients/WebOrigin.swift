import Primitives

/// The origin of a web page (RFC 6454 §4): scheme, host and port in their one spelling (§6.2).
package struct WebOrigin: Sendable, Hashable {
    /// `https://app.example` or `http://localhost:3000`: lower case, no default port, nothing behind it.
    private let text: [UInt8]

    /// Bytes; a host name has at most 253, and its scheme and port some more.
    package static let maximumLength = 300

    /// Reads the one spelling that browsers send in `Origin` (RFC 6454 §7).
    ///
    /// - Returns: `nil` for anything else, `null` and wildcards too.
    package init?(parsing text: some Collection<UInt8>) {
        let bytes = Array(text)
        guard let origin = WebOrigin(reading: bytes), origin.text == bytes else { return nil }
        self = origin
    }

    /// The origin of an absolute URL, such as `Referer` has (RFC 9110 §10.1.3).
    ///
    /// - Returns: `nil` for other schemes than `http` and `https`, for user information, and for what is no URL.
    package init?(ofURL url: some Collection<UInt8>) {
        let bytes = Array(url)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        let end = bytes[(colon + 3)...].firstIndex { "/?#".utf8.contains($0) } ?? bytes.endIndex
        self.init(reading: Array(bytes[..<end]))
    }

    private init?(reading bytes: [UInt8]) {
        guard bytes.count <= Self.maximumLength else { return nil }
        let lowered = bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        let scheme: String
        let standardPort: Int
        if lowered.starts(with: "https://".utf8) {
            (scheme, standardPort) = ("https://", 443)
        } else if lowered.starts(with: "http://".utf8) {
            (scheme, standardPort) = ("http://", 80)
        } else {
            return nil
        }
        let authority = lowered[scheme.utf8.count...]
        let host = Self.host(of: authority)
        guard let host, !host.isEmpty else { return nil }
        var text = Array(scheme.utf8) + host
        let rest = authority[host.endIndex...]
        if !rest.isEmpty {
            guard rest.first == UInt8(ascii: ":"), let port = Int(decimal: rest.dropFirst(), upTo: 65_535),
                port > 0
            else { return nil }
            if port != standardPort { text += rest }
        }
        self.text = text
    }

    /// A name, an IPv4 address or an IPv6 address in brackets; other characters could be read in other ways.
    private static func host(of authority: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")),
                IPAddress(parsing: authority[(authority.startIndex + 1)..<end]) != nil,
                authority[..<end].contains(UInt8(ascii: ":"))
            else { return nil }
            return authority[...end]
        }
        let host = authority.prefix { $0 != UInt8(ascii: ":") }
        let isName = host.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isName ? host : nil
    }
}
