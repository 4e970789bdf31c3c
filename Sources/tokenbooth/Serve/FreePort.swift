import NIOCore
import NIOPosix

/// Tries an address before anything is built: the issuer, and with it every token, names the port.
enum FreePort {
    /// - Returns: `address`, with a port that the system has just given where it was 0.
    /// - Throws: ``ConfigurationError`` when the address cannot be bound.
    static func settle(
        _ address: ListenAddress,
        of key: SettingKey,
        in settings: Settings
    ) throws(ConfigurationError) -> ListenAddress {
        do {
            let channel = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                // Nobody is accepted here: a client that this listener took would wait for an answer for ever.
                .serverChannelOption(.autoRead, value: false)
                .bind(host: address.host, port: address.port).wait()
            defer { try? channel.close().wait() }
            return ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
        } catch {
            throw ConfigurationError(
                key,
                from: settings.source(of: key),
                "\(address) cannot be listened on: \(error)"
            )
        }
    }
}
