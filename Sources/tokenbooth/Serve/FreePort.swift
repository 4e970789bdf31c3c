import Glibc
import NIOCore

/// Tries an address before anything is built: the issuer, and with it every token, names the port.
///
/// The address is bound and let go, never listened on: a client that connected in between would be taken by
/// nobody.
enum FreePort {
    /// - Returns: `address`, with a port that the system has just given where it was 0.
    /// - Throws: ``ConfigurationError`` when the address cannot be bound.
    static func settle(
        _ address: ListenAddress,
        of key: SettingKey,
        in settings: Settings
    ) throws(ConfigurationError) -> ListenAddress {
        do {
            let wanted = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
            return ListenAddress(host: address.host, port: try boundPort(wanted))
        } catch {
            throw ConfigurationError(
                key,
                from: settings.source(of: key),
                "\(address) cannot be listened on: \(error)"
            )
        }
    }

    private static func boundPort(_ address: SocketAddress) throws -> Int {
        let family = address.protocol == .inet6 ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        defer { close(descriptor) }
        var on: Int32 = 1
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let status = unsafe address.withSockAddr { pointer, size in
            unsafe bind(descriptor, pointer, socklen_t(size))
        }
        guard status == 0 else { throw IOError(errnoCode: errno, reason: "bind") }
        // The port lies at the same place in the addresses of both families.
        var bound = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let isKnown = unsafe withUnsafeMutableBytes(of: &bound) { bytes in
            let pointer = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            return unsafe getsockname(descriptor, pointer, &length)
        }
        guard isKnown == 0 else { throw IOError(errnoCode: errno, reason: "getsockname") }
        return Int(UInt16(bigEndian: bound.sin6_port))
    }
}
