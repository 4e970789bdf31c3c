package import AuthorizationServer
import NIOCore
package import NIOHTTP1

/// Where a request comes from: the socket's peer, or whom a trusted proxy names.
package enum ClientAddress {
    /// - Returns: `nil` for a peer without an IP address.
    static func peer(_ address: SocketAddress?) -> IPAddress? {
        address?.ipAddress.flatMap { text in
            // The zone of a link-local peer says which interface, not who.
            IPAddress(parsing: text.utf8.prefix { $0 != UInt8(ascii: "%") })
        }
    }

    /// Walks `X-Forwarded-For` from the right past every trusted proxy; the first other entry is the client.
    ///
    /// Entries left of it are whatever the client chose to write. An entry that is no address ends the walk:
    /// nothing is known of who stands there.
    package static func resolve(peer: IPAddress?, headers: HTTPHeaders, trusted: AddressList) -> IPAddress? {
        guard let peer, !trusted.ranges.isEmpty, trusted.allows(peer) else { return peer }
        var client: IPAddress? = peer
        let entries = headers["x-forwarded-for"].flatMap {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        for entry in entries.reversed() {
            let trimmed = entry.utf8.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop {
                $0 == 0x20 || $0 == 0x09
            }
            guard !trimmed.isEmpty else { continue }
            client = IPAddress(parsing: Array(trimmed.reversed()))
            guard let client, trusted.allows(client) else { return client }
        }
        return client
    }
}
