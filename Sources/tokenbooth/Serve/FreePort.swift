import NIOCore
import NIOPosix

/// Settles port 0 before anything is built: the issuer, and with it every token, names the port.
enum FreePort {
    /// - Returns: `address`, with a port that the system has just given where it was 0.
    /// - Throws: An `IOError` when the address cannot be bound.
    static func settle(_ address: ListenAddress) throws -> ListenAddress {
        guard address.port == 0 else { return address }
        let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: address.host, port: 0).wait()
        defer { try? channel.close().wait() }
        return ListenAddress(host: address.host, port: channel.localAddress?.port ?? 0)
    }
}
