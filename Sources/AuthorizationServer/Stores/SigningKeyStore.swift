package import OAuth

/// What the database knows of the installation and its signing keys; the keys themselves are files.
package protocol InstallationStore: Sendable {
    /// `nil` on a database that nothing was ever written to.
    ///
    /// - Throws: ``StoreUnavailable`` when the store cannot be read.
    func installation() async throws(StoreUnavailable) -> Installation?

    /// Makes the first rows: the project `default`, the root API key and the signing keys' stages, all or none.
    ///
    /// - Throws: ``StoreUnavailable`` when they could not be made durable.
    func install(_ installation: Installation, project: InitialProject, rootKey: InitialKey)
        async throws(StoreUnavailable)

    /// Revokes every root key and makes `key` the new one, in one transaction (`serve --new-root-key`).
    ///
    /// - Throws: ``StoreUnavailable`` when it could not be made durable.
    func replaceRootKey(with key: InitialKey) async throws(StoreUnavailable)

    /// Writes and reads one row for real: the store can make changes durable.
    ///
    /// - Throws: ``StoreUnavailable`` when it cannot.
    func proveWritable(at now: NumericDate) async throws(StoreUnavailable)
}

package struct Installation: Sendable {
    /// The first 8 bytes of the refresh secret's SHA-256: which secret this database belongs to.
    package var refreshSecretID: [UInt8]
    package var createdAt: NumericDate
    /// Removed ones too.
    package var signingKeys: [SigningKeyRecord]
    /// `nil` before a key set was first handed out.
    package var keySetCopies: KeySetCopies?

    package init(
        refreshSecretID: [UInt8],
        createdAt: NumericDate,
        signingKeys: [SigningKeyRecord],
        keySetCopies: KeySetCopies? = nil
    ) {
        self.refreshSecretID = refreshSecretID
        self.createdAt = createdAt
        self.signingKeys = signingKeys
        self.keySetCopies = keySetCopies
    }
}

package struct InitialProject: Sendable {
    package var id: ProjectID
    package var name: String
    package var defaultAudience: String

    package init(id: ProjectID, name: String, defaultAudience: String) {
        self.id = id
        self.name = name
        self.defaultAudience = defaultAudience
    }
}

/// The root API key as the first start makes it: super admin, admin audience only, all admin scopes, loopback.
package struct InitialKey: Sendable {
    package var id: KeyID
    package var name: String
    package var key: APIKey
    package var createdAt: NumericDate
    package var scopes: [String]
    package var allowedAddresses: [String]

    package init(
        id: KeyID,
        name: String,
        key: APIKey,
        createdAt: NumericDate,
        scopes: [String],
        allowedAddresses: [String]
    ) {
        self.id = id
        self.name = name
        self.key = key
        self.createdAt = createdAt
        self.scopes = scopes
        self.allowedAddresses = allowedAddresses
    }
}
