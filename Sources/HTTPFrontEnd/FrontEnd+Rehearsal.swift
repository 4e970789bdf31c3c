import Glibc
import HummingbirdCore
import NIOCore
import NIOPosix

extension FrontEnd {
    /// Sets up one connection on each event loop, one loop after the other, before anybody else has any.
    ///
    /// The first of its kind makes the generic types of the channel. When the first connections of two loops did so at
    /// the same moment, the Swift 6.3 runtime has been seen to crash (about once in a hundred starts with clients
    /// that connect at once).
    ///
    /// - Throws: What the kernel or NIO cannot give; the server has not begun to listen then.
    package func rehearse() async throws {
        let listener = ListenerContext(
            listener: .public,
            routes: RouteTable(listener: .public, basePath: basePath),
            bounds: parts.bounds
        )
        let channel = BoothChannel(responder: { _, _, _ in }, listener: listener, loops: loops, tls: nil)
        for loop in group.makeIterator() {
            var pair: [Int32] = [-1, -1]
            guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0 else {
                throw IOError(errnoCode: errno, reason: "socketpair")
            }
            defer { close(pair[1]) }
            let connection = try await NIOPipeBootstrap(group: loop)
                .takingOwnershipOfDescriptor(inputOutput: pair[0]) { [logger = parts.logger] pipe in
                    channel.setup(channel: pipe, logger: logger)
                }
            connection.channel.close(promise: nil)
            await connection.serve()
        }
    }
}
