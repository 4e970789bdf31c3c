import OAuth
import Primitives

/// What administrators may do, with whom and on what; one file per resource has the rules.
///
/// Every rule runs inside one transaction of the store, beginning with what the administrator's own key may do
/// at that moment: so a right that ends, ends at once, and no race lies between judging and changing.
package struct Administration: Sendable {
    /// The project that always exists, where keys go that name no other.
    package static let defaultProject = "default"

    let store: any AdminStore
    private let currentLimits: @Sendable () -> AdministrationLimits
    /// As the configuration says at this moment.
    var limits: AdministrationLimits { currentLimits() }
    let identifiers: IdentifierGenerator
    /// `nil` where no signing keys are kept.
    let signingKeys: (any SigningKeyDesk)?
    /// `nil` where there is nothing to copy, such as a database in memory.
    let backups: BackupDesk?
    let requests = RequestDesk()

    package init(
        store: any AdminStore,
        limits: @autoclosure @escaping @Sendable () -> AdministrationLimits,
        identifiers: IdentifierGenerator,
        signingKeys: (any SigningKeyDesk)? = nil,
        backups: BackupDesk? = nil
    ) {
        self.store = store
        currentLimits = limits
        self.identifiers = identifiers
        self.signingKeys = signingKeys
        self.backups = backups
    }

    func read<Value: Sendable>(
        _ operation: AdminOperation,
        by administrator: Administrator,
        at now: NumericDate,
        _ body: @escaping @Sendable (any AdminReader, Standing) throws -> Value
    ) async throws -> Value {
        try await store.read { reader in
            try body(reader, Standing(of: administrator, for: operation, in: reader, at: now))
        }
    }

    /// The one place where administrators change anything: what `body` has noted is recorded in the audit trail,
    /// and the answer kept for a repetition, in the same transaction.
    func write<Value: AdminOutcome>(
        _ operation: AdminOperation,
        by administrator: Administrator,
        at now: NumericDate,
        _ body: @escaping @Sendable (any AdminWriter, Standing) throws -> Value
    ) async throws -> Value {
        try await write(operation, by: administrator, at: now, answer: { $0.answer(at: now) }, body)
    }

    /// As above, for what is answered without a body.
    func write(
        _ operation: AdminOperation,
        by administrator: Administrator,
        at now: NumericDate,
        _ body: @escaping @Sendable (any AdminWriter, Standing) throws -> Void
    ) async throws {
        try await write(operation, by: administrator, at: now, answer: { _ in nil }, body)
    }

    /// - Parameter answer: What a repetition of the request gets; without any secret, `nil` for no body.
    func write<Value: Sendable>(
        _ operation: AdminOperation,
        by administrator: Administrator,
        at now: NumericDate,
        answer: @escaping @Sendable (Value) -> JSONValue?,
        _ body: @escaping @Sendable (any AdminWriter, Standing) throws -> Value
    ) async throws -> Value {
        try await store.write { writer in
            let standing = try Standing(of: administrator, for: operation, in: writer, at: now)
            let value = try body(writer, standing)
            try standing.conclude(operation, answer(value), in: writer)
            return value
        }
    }
}

/// What the configuration says about keys and audiences.
package struct AdministrationLimits: Sendable {
    /// Names of JWS algorithms that the server signs with.
    package var algorithms: [String]
    /// Seconds; no key or project may ask for more.
    package var maximumTokenLifetime: Int
    package var tokenSize: TokenSizeBound
    /// Characters that an access token may have at most.
    package var maximumTokenLength: Int

    package init(
        algorithms: [String],
        maximumTokenLifetime: Int = 3600,
        tokenSize: TokenSizeBound,
        maximumTokenLength: Int = 4096
    ) {
        self.algorithms = algorithms
        self.maximumTokenLifetime = maximumTokenLifetime
        self.tokenSize = tokenSize
        self.maximumTokenLength = maximumTokenLength
    }
}
