/// A server to talk to, and what may be sent there.
package struct ServerURL: Sendable {
    /// Without a trailing slash.
    package let text: String
    package let isSecure: Bool
    package let isLoopback: Bool

    /// - Parameters:
    ///   - isSecure: The scheme is `https`.
    ///   - isLoopback: Nothing sent there leaves this machine.
    package init(_ text: String, isSecure: Bool, isLoopback: Bool) {
        self.text = text
        self.isSecure = isSecure
        self.isLoopback = isLoopback
    }

    /// Whether a secret may go there: never in the clear over a network.
    package var mayReceiveSecrets: Bool { isSecure || isLoopback }
}
