package import AuthorizationServer
package import OAuth
import Synchronization

/// What the event loops answer from: settings and signing keys at one moment.
package struct ServiceState: Sendable {
    package var issuer: String
    package var ring: KeyRing
    package var policy: TokenPolicy
    package var refreshPolicy: RefreshPolicy
    package var refreshSecret: RefreshSecret
    /// Peers whose `X-Forwarded-For` is believed.
    package var trustedProxies: AddressList
    /// Seconds.
    package var jwksMaxAge: Int
    /// Seconds: `ttl` of the signed lists.
    package var statusTimeToLive: Int
    /// `Host` values that the admin listener answers for, in lower case; `nil` for any.
    package var adminHosts: Set<String>?
    /// After a restore of the database: access tokens with an earlier `iat` are not honoured.
    package var tokensNotBefore: NumericDate?
    /// Failed authentications that one address may have; `nil`: any number.
    package var failedAuthentications: RateLimit? = FailureLimiter.standard
    /// Who may report leaked keys; `nil` for nobody.
    package var leakReporters: LeakReporters?

    package init(
        issuer: String,
        ring: KeyRing,
        policy: TokenPolicy,
        refreshPolicy: RefreshPolicy,
        refreshSecret: RefreshSecret,
        trustedProxies: AddressList,
        jwksMaxAge: Int,
        statusTimeToLive: Int,
        adminHosts: Set<String>?
    ) {
        self.issuer = issuer
        self.ring = ring
        self.policy = policy
        self.refreshPolicy = refreshPolicy
        self.refreshSecret = refreshSecret
        self.trustedProxies = trustedProxies
        self.jwksMaxAge = jwksMaxAge
        self.statusTimeToLive = statusTimeToLive
        self.adminHosts = adminHosts
    }
}

extension TokenEndpoint {
    /// The endpoint with these settings.
    init(_ state: ServiceState) {
        self.init(
            issuer: state.issuer,
            policy: state.policy,
            refreshPolicy: state.refreshPolicy,
            refreshSecret: state.refreshSecret
        )
    }
}

extension ListTerms {
    init(_ state: ServiceState) {
        self.init(issuer: state.issuer, ring: state.ring, timeToLive: state.statusTimeToLive)
    }
}

/// Hands a new ``ServiceState`` to whoever asks whether there is one.
///
/// An event loop keeps a copy of its own and compares a number; the lock is taken only after a change.
package final class ServiceStateBox: Sendable {
    private let state: Mutex<ServiceState>
    private let changes = Atomic<Int>(0)

    package init(_ state: ServiceState) { self.state = Mutex(state) }

    package var version: Int { changes.load(ordering: .acquiring) }
    package var current: ServiceState { state.withLock { $0 } }

    /// Changes a part of it, whatever the rest has become meanwhile.
    package func update(_ change: (inout ServiceState) -> Void) {
        state.withLock { change(&$0) }
        changes.wrappingAdd(1, ordering: .releasing)
    }

    package func replace(with newState: ServiceState) {
        state.withLock { $0 = newState }
        changes.wrappingAdd(1, ordering: .releasing)
    }
}

/// The wall clock, read in one place so that tests can stop it.
package struct WallClock: Sendable {
    /// Unix time: whole seconds, and nanoseconds of the next.
    package let read: @Sendable () -> (seconds: Int64, nanoseconds: Int64)

    package init(_ read: @escaping @Sendable () -> (seconds: Int64, nanoseconds: Int64)) { self.read = read }

    package var now: NumericDate { NumericDate(read().seconds) }
}

extension ClockGuard {
    /// For what is judged or dated by it, and must never be dated back (``judged(_:)``).
    package func judging(_ clock: WallClock) -> WallClock {
        WallClock { [self] in (judged(clock.now).seconds, 0) }
    }

    /// For jobs that forget what is too old.
    package func forgetting(_ clock: WallClock) -> WallClock {
        WallClock { [self] in (forgettable(clock.now).seconds, 0) }
    }
}
