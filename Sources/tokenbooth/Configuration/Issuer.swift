import Primitives

/// The issuer identifier (RFC 8414 §2): an `http` or `https` URL without query, fragment or trailing slash.
///
/// Verifiers compare it byte for byte, so there is one spelling: lower-case scheme and host, and a path of
/// plain segments.
struct Issuer: Sendable, Equatable, CustomStringConvertible {
    /// Exactly as it stands in `iss`.
    let url: String
    let isSecure: Bool
    /// Without brackets.
    let host: String
    /// Empty, or beginning with a slash; all public routes are under it.
    let path: String

    /// What is wrong with the text, in words for the administrator.
    struct Mistake: Error, Sendable {
        let reason: String
    }

    var description: String { url }

    /// Whether only this machine can reach it, so that plain `http` is no danger.
    var isLoopback: Bool { ListenAddress.isLoopback(host) }

    /// The issuer of a server that listens at `address`, whose port is known.
    init(listener address: ListenAddress, isSecure: Bool) {
        url = (isSecure ? "https://" : "http://") + address.description
        self.isSecure = isSecure
        host = address.host
        path = ""
    }

    init(parsing text: String) throws(Mistake) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 512 else { throw Mistake(reason: "is longer than 512 bytes") }
        let isSecure = bytes.starts(with: "https://".utf8)
        guard isSecure || bytes.starts(with: "http://".utf8) else {
            throw Mistake(reason: "must begin with https:// or http://, in lower case")
        }
        let rest = bytes[(isSecure ? 8 : 7)...]
        guard !rest.contains(UInt8(ascii: "?")) else { throw Mistake(reason: "must not have a query") }
        guard !rest.contains(UInt8(ascii: "#")) else { throw Mistake(reason: "must not have a fragment") }
        guard rest.last != UInt8(ascii: "/") else { throw Mistake(reason: "must not end with a slash") }
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        guard !rest[..<slash].contains(UInt8(ascii: "@")) else {
            throw Mistake(reason: "must not have a user name")
        }
        guard let host = Self.host(of: rest[..<slash]) else {
            throw Mistake(reason: "must have a host in lower case, and a port of 1 to 65535 if any")
        }
        guard Self.isPath(rest[slash...]) else {
            throw Mistake(
                reason: "may have a path of letters, digits and . _ ~ - only, without empty segments or dots"
            )
        }
        url = text
        self.isSecure = isSecure
        self.host = host
        path = String(decoding: rest[slash...], as: UTF8.self)
    }

    private static func host(of authority: ArraySlice<UInt8>) -> String? {
        guard let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.last != UInt8(ascii: "]")
        else {
            return ListenAddress.host(authority)
        }
        guard let port = ListenAddress.port(authority[(colon + 1)...]), port > 0 else { return nil }
        return ListenAddress.host(authority[..<colon])
    }

    private static func isPath(_ path: ArraySlice<UInt8>) -> Bool {
        guard !path.isEmpty else { return true }
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return segments.allSatisfy { segment in
            !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                && segment.allSatisfy(PercentEncoding.isUnreserved)
        }
    }
}
