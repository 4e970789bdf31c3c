import AuthorizationServer
import Primitives

/// Where a listener binds: `127.0.0.1:8080`, `[::1]:0`, `localhost:8080`.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// An IPv4 address, an IPv6 address without brackets, or a name.
    let host: String
    /// 0 lets the system choose.
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Returns: `nil` unless `text` is a host and a port of 0 to 65535, written without leading zeros.
    init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        guard let port = Self.port(bytes[(colon + 1)...]), let host = Self.host(bytes[..<colon]) else {
            return nil
        }
        self.init(host: host, port: port)
    }

    /// As it stands in a URL.
    var description: String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether nothing outside this machine can connect.
    var isLoopback: Bool { Self.isLoopback(host) }

    /// Whether the address means every address of the machine, and so names none of them.
    var isWildcard: Bool {
        guard let address = IPAddress(parsing: host.utf8) else { return false }
        return address == IPAddress(v4: 0) || (address.high == 0 && address.low == 0)
    }

    /// Whether two listeners cannot have both; a name is only known to be itself, and `localhost` to be this machine.
    func collides(with other: ListenAddress) -> Bool {
        guard port == other.port, port != 0 else { return false }
        if isWildcard || other.isWildcard { return true }
        if let address = IPAddress(parsing: host.utf8), let another = IPAddress(parsing: other.host.utf8) {
            return address == another
        }
        let isOneName = host.utf8.elementsEqual(other.host.utf8)
        return isOneName || [host, other.host].contains("localhost") && isLoopback && other.isLoopback
    }

    static func isLoopback(_ host: String) -> Bool {
        host.utf8.elementsEqual("localhost".utf8) || IPAddress(parsing: host.utf8)?.isLoopback == true
    }

    /// A decimal port of 0 to 65535 without sign or leading zeros.
    static func port(_ digits: ArraySlice<UInt8>) -> Int? {
        Int(decimal: digits, upTo: 65_535)
    }

    /// The host of `host:port`: an address, one in brackets, or a lower-case name.
    static func host(_ text: ArraySlice<UInt8>) -> String? {
        if text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]"), text.count > 2 {
            let inner = text.dropFirst().dropLast()
            guard inner.contains(UInt8(ascii: ":")), IPAddress(parsing: inner) != nil else { return nil }
            return String(decoding: inner, as: UTF8.self)
        }
        if IPAddress(parsing: text) != nil {
            return text.contains(UInt8(ascii: ":")) ? nil : String(decoding: text, as: UTF8.self)
        }
        return isName(text) ? String(decoding: text, as: UTF8.self) : nil
    }

    /// A DNS name in lower case.
    ///
    /// All digits and dots is none: that is an IPv4 address written wrongly.
    private static func isName(_ text: ArraySlice<UInt8>) -> Bool {
        guard (1...253).contains(text.count) else { return false }
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let wellFormed = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
                && label.last != UInt8(ascii: "-")
                && label.allSatisfy {
                    isLowercase($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
        return wellFormed && labels.last?.first.map(isLowercase) == true
    }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
