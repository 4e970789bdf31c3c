/// Why there is no answer that could be used.
///
/// Answers that refuse are ``AdminResponse``s.
package enum ClientError: Error, Sendable, CustomStringConvertible {
    /// No connection, no TLS that can be trusted, or no answer in time: exit 69.
    case unreachable(String)
    /// A secret would have left this machine in the clear.
    case insecure(String)
    /// The server sent something that this client does not follow or understand.
    case unexpected(String)

    package var description: String {
        switch self {
        case .unreachable(let reason), .insecure(let reason), .unexpected(let reason): reason
        }
    }
}
