package import Primitives

/// What a durable change has made stale: whoever caches clients forgets it before the change is answered.
package enum ClientChange: Sendable {
    /// The API key with this digest was made, changed or revoked; a negative answer about it is stale too.
    case key(SHA256Digest)
    /// Something that many keys share: a project or an audience.
    case everything
}
