package import Primitives

/// What a committed change makes stale in every cache of clients.
package enum ClientChange: Sendable {
    case key(SHA256Digest)
    /// A project or an audience changed, and with it any number of keys.
    case everything
}
