/// The name in a `Host` header field (RFC 9110 §7.2).
package enum HostName {
    /// Takes `:port` off; what follows the last colon otherwise stays, and then names nobody.
    package static func withoutPort(_ host: String) -> String {
        guard let colon = host.lastIndex(of: ":") else { return host }
        let port = host[host.index(after: colon)...]
        let isPort =
            (1...5).contains(port.utf8.count)
            && port.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        // A bare IPv6 address is no host: those stand in brackets.
        let name = host[..<colon]
        return isPort && (!name.contains(":") || name.hasSuffix("]")) ? String(name) : host
    }
}
