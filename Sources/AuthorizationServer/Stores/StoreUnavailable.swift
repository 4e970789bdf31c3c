/// The store could not do what was asked, and nothing was changed: a fault, never a refusal.
///
/// The front end answers 503 with `Retry-After`. `reason` is for the log.
package struct StoreUnavailable: Error, Sendable {
    package let retryAfterSeconds: Int
    package let reason: String

    package init(retryAfterSeconds: Int = 1, reason: String) {
        self.retryAfterSeconds = retryAfterSeconds
        self.reason = reason
    }
}
