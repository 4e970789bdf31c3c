import Glibc
import NIOCore

/// Another process has the address of a listener, which may pass; exit code 1.
struct AddressTaken: Error, Sendable, CustomStringConvertible {
    let address: ListenAddress
    let key: SettingKey

    var description: String {
        "another process listens on \(address): stop it, or set \(key.rawValue) to another address"
    }
}

/// Tries an address before anything is built: the issuer, and with it every token, names the port.
///
/// The address is bound, never listened on: a client that connected in between would be taken by nobody. A port that
/// the system has picked stays bound for as long as this lives, beside the listener, or the system might give it to
/// some client before there is one.
final class FreePort: Sendable {
    /// What was asked for, with a port that the system has just given where it was 0.
    let address: ListenAddress
    private let descriptor: Int32

    /// - Throws: ``AddressTaken``; ``ConfigurationError`` when the address cannot be bound for another reason.
    init(_ address: ListenAddress, of key: SettingKey, in settings: Settings) throws {
        do {
            let wanted = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
            let (descriptor, port) = try Self.bound(wanted)
            self.address = ListenAddress(host: address.host, port: port)
            if address.port == 0 {
                self.descriptor = descriptor
            } else {
                self.descriptor = -1
                close(descriptor)
            }
        } catch {
            if let error = error as? IOError, error.errnoCode == EADDRINUSE {
                throw AddressTaken(address: address, key: key)
            }
            throw ConfigurationError(
                key,
                from: settings.source(of: key),
                "\(address) cannot be listened on: \(Self.words(for: error))"
            )
        }
    }

    private static func words(for error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EACCES:
            "this user may not: choose a port from 1024 on, or give the service the capability CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL: "this machine has no such address: name one that it has"
        case let number?: SystemError.text(number)
        case nil where error is SocketAddressError: "the name has no address"
        case nil: "\(error)"
        }
    }

    deinit { close(descriptor) }

    private static func bound(_ address: SocketAddress) throws -> (descriptor: Int32, port: Int) {
        let family = address.protocol == .inet6 ? AF_INET6 : AF_INET
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        var isBound = false
        defer { if !isBound { close(descriptor) } }
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
        isBound = true
        return (descriptor, Int(UInt16(bigEndian: bound.sin6_port)))
    }
}
