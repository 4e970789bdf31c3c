package import Primitives

/// What a durable change has made stale: whoever keeps it in memory learns of it before the change is answered.
package enum CommittedChange: Sendable {
    /// The API key with this digest was made, changed or revoked; a negative answer about it is stale too.
    case key(SHA256Digest)
    /// Something that many keys share: a project or an audience.
    case everything
    /// A single access token is honoured no more.
    case denied(DeniedToken)
    /// A grant has another status now.
    case status(StatusReference, StatusValue)
}
