/// How long access tokens live where neither the key nor its project says otherwise.
///
/// Resource servers accept a token offline until it expires, so a shorter life is a safer one and a
/// longer one is fewer requests.
///
/// - Units: whole seconds.
/// - Source: `expires_in` of RFC 6749 §5.1; `exp` minus `iat` of RFC 9068 §2.2.
package struct TokenPolicy: Sendable, Equatable {
    /// What any lifetime must lie in.
    package static let range: ClosedRange<Int> = 30...3600

    package let defaultLifetime: Int
    /// No token lives longer, whatever its key says.
    package let maximumLifetime: Int

    /// - Precondition: Both lie in ``range``; the configuration has seen to it.
    package init(defaultLifetime: Int = 300, maximumLifetime: Int = 3600) {
        self.defaultLifetime = defaultLifetime
        self.maximumLifetime = maximumLifetime
    }

    /// - Parameter own: The key's or its project's lifetime, if there is one.
    package func lifetime(own: Int?) -> Int { min(own ?? defaultLifetime, maximumLifetime) }
}
