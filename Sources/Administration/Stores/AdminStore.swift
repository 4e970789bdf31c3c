package import AuthorizationServer
package import OAuth
package import Primitives

/// The rows that administrators see and change.
///
/// A rule of administration is a closure over a transaction: it reads what it must judge, and changes it
/// under the same lock, so that no race lies between. A closure that throws changes nothing.
package protocol AdminStore: Sendable {
    /// Runs `body` on one consistent snapshot.
    ///
    /// - Throws: ``AdminRefusal`` as `body` threw it; any other error is a store failure.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any AdminReader) throws -> Value
    ) async throws -> Value

    /// Runs `body` alone, and returns when its changes are on the disk and no cache holds what they replaced.
    ///
    /// - Throws: ``AdminRefusal`` as `body` threw it, and then nothing was changed; any other error is a
    ///   store failure, and then nothing was changed either.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (any AdminWriter) throws -> Value
    ) async throws -> Value
}

/// One page of a list, in ascending order of what the cursor is made of.
package struct PageRequest: Sendable {
    /// Rows, 1 or more; each list has a maximum of its own, and ``Page`` asks for one row more than it shows.
    package var limit: Int
    /// Only what comes after this name or identifier; `nil` for the first page.
    package var after: String?

    package init(limit: Int, after: String?) {
        self.limit = limit
        self.after = after
    }
}

package protocol AdminReader: RoleReader, AuditReader, IdempotencyReader, LeakReader {
    func key(_ id: KeyID) throws -> KeyRecord?
    /// The key whose secret this is: the current one, or the one before it that still works at `now`.
    func key(withDigest digest: SHA256Digest, at now: NumericDate) throws -> KeyRecord?
    /// Those that are the identifiers of keys.
    func known(_ ids: [KeyID]) throws -> Set<KeyID>
    /// Those that keys have, or had before their last rotation.
    func taken(_ digests: [SHA256Digest]) throws -> Set<SHA256Digest>
    /// At most `page.limit`, after a position of that order; `now` decides which are expired.
    func keys(
        _ filter: KeyFilter,
        by order: KeyOrder,
        page: PageRequest,
        at now: NumericDate
    ) throws -> [KeyRecord]
    /// Keys with role `super_admin` that are neither revoked, disabled nor expired at `now`.
    func countSuperAdmins(at now: NumericDate) throws -> Int
    /// Those that are held to the addresses of this project: not revoked, and not the root key.
    func countSuperAdmins(heldTo project: ProjectID) throws -> Int

    func project(_ id: ProjectID) throws -> ProjectRecord?
    func project(named name: String) throws -> ProjectRecord?
    func projects(_ page: PageRequest) throws -> [ProjectRecord]
    /// Keys of the project in whatever state.
    func countKeys(inProject id: ProjectID) throws -> Int
    /// Whether somebody else's key is in it, as ``RoleReader/isRoleInUse(_:besidesKeysOf:)`` has it.
    func isProjectInUse(_ id: ProjectID, besidesKeysOf admin: KeyID) throws -> Bool

    func scope(named name: String) throws -> ScopeRecord?
    func scopes(_ page: PageRequest) throws -> [ScopeRecord]
    /// Whether a key that is not revoked, a role, or a project's defaults hold the scope.
    func isScopeInUse(_ name: String) throws -> Bool

    func audience(named name: String) throws -> AudienceRecord?
    func audiences(_ page: PageRequest) throws -> [AudienceRecord]
    /// Whether a key that is not revoked, or a project's defaults, name the audience.
    func isAudienceInUse(_ name: String) throws -> Bool
    /// Whether somebody else's key, likewise, has it by name or by its project's default.
    func isAudienceInUse(_ name: String, besidesKeysOf admin: KeyID) throws -> Bool

    /// Those that are published.
    func signingKeys() throws -> [SigningKeyRecord]
    /// In ascending order of `kid`.
    func signingKeys(_ page: PageRequest, includesRemoved: Bool) throws -> [SigningKeyRecord]
    func signingKey(_ kid: String) throws -> SigningKeyRecord?
    /// `nil` before a key set was first handed out.
    func keySetCopies() throws -> KeySetCopies?

    /// In ascending order of day and key, as ``UsageRecord/position`` has them.
    func usage(_ filter: UsageFilter, page: PageRequest) throws -> [UsageRecord]
}

package protocol AdminWriter: AdminReader, RoleWriter, AuditWriter, IdempotencyWriter {
    func insert(_ key: KeyRecord) throws
    /// Many at once, in this order, none of which is there; `now` decides the status of their tokens.
    func insert(_ keys: [KeyRecord], at now: NumericDate) throws
    /// Replaces the row and its lists; `now` decides the status of the key's tokens.
    func update(_ key: KeyRecord, at now: NumericDate) throws
    /// Ends everything that the key has got: its refresh families, and its access tokens by another place in a
    /// status list, while the old one is INVALID.
    func endTokens(of id: KeyID, at now: NumericDate) throws
    func insert(_ project: ProjectRecord) throws
    func update(_ project: ProjectRecord) throws
    func deleteProject(_ id: ProjectID) throws
    func insert(_ scope: ScopeRecord) throws
    func update(_ scope: ScopeRecord) throws
    func deleteScope(named name: String) throws
    func insert(_ audience: AudienceRecord) throws
    func update(_ audience: AudienceRecord) throws
    func deleteAudience(named name: String) throws
    func insert(_ key: SigningKeyRecord) throws
    /// An algorithm has one active key: the one that retires is to be written before its successor.
    func update(_ key: SigningKeyRecord) throws
    func set(_ copies: KeySetCopies) throws
}

extension AdminReader {
    /// In the order of their creation.
    package func keys(_ filter: KeyFilter, page: PageRequest, at now: NumericDate) throws -> [KeyRecord] {
        try keys(filter, by: .byCreation, page: page, at: now)
    }
}
