import Administration
import AuthorizationServer
import HTTPFrontEnd
import JOSE
import Logging
import OAuth
import Primitives
import SQLiteStore

/// Why the server does not start although its settings are in order.
struct StartRefusal: Error, Sendable, CustomStringConvertible {
    let description: String
}

/// From files and rows to a service that can answer: keys, root key, limits.
struct Start: Sendable {
    let settings: Settings
    let issuer: String
    let keys: KeysDirectory
    let store: SQLiteStore
    let clock: WallClock
    let logger: Logger
    /// What the witness judges.
    let signer: ProbeSigner
    /// After a restore: access tokens with an earlier `iat` are not honoured.
    var notBefore: NumericDate?

    /// Makes what a first start needs, checks what a later one finds, and has every key witnessed.
    ///
    /// - Throws: ``StartRefusal``, ``FileError``, `WitnessRefusal`, `StoreUnavailable`.
    func prepare(replacesRootKey: Bool) async throws -> KeyRing {
        let now = clock.now
        let files = try keys.signingKeys()
        let secret = try keys.refreshSecret()
        if let installation = try await store.installation() {
            // Not needed any more, but a root key that others can read is theirs too.
            if !replacesRootKey { _ = try RootKeyFile.read(settings.rootKeyFile) }
            guard let secret, Self.identifier(of: secret) == installation.refreshSecretID else {
                throw StartRefusal(
                    description:
                        "the database in \(settings.dataDirectory) belongs to other keys than those in "
                        + "\(settings.keysDirectory): its refresh secret is missing or another; restore that directory"
                )
            }
            let stages = SigningKeyStages(records: installation.signingKeys, files: files)
            try stages.checkPresence(in: settings.keysDirectory)
            for key in stages.newFiles { try await store.add(stages.pendingRecord(key, at: now)) }
            if replacesRootKey { try await replaceRootKey(at: now) }
            return try stages.ring(for: settings, logger: logger, signer: signer)
        }
        return try await install(files, refreshSecret: secret, at: now)
    }

    /// Files first, rows after them in one transaction: a start that ends in between begins again.
    private func install(_ files: [SigningKey], refreshSecret: [UInt8]?, at now: NumericDate) async throws
        -> KeyRing
    {
        let secret = try refreshSecret ?? keys.makeRefreshSecret()
        var all = files
        for algorithm in settings.algorithms where !all.contains(where: { $0.algorithm == algorithm }) {
            let key = try SigningKey.generate(algorithm)
            try keys.store(key)
            all.append(key)
        }
        let records = SigningKeyStages.initialRecords(all, at: now)
        let stages = SigningKeyStages(records: records, files: all)
        let ring = try stages.ring(for: settings, logger: logger, signer: signer)
        let identifiers = IdentifierGenerator()
        try await store.install(
            Installation(
                refreshSecretID: Self.identifier(of: secret),
                createdAt: now,
                signingKeys: records
            ),
            project: InitialProject(
                id: ProjectID(identifiers.next(at: now)),
                name: Administration.defaultProject,
                defaultAudience: issuer
            ),
            rootKey: rootKey(
                try RootKeyFile.read(settings.rootKeyFile) ?? writeRootKey(),
                identifiers,
                at: now
            )
        )
        logger.info("first start", metadata: ["root_key_file": "\(settings.rootKeyFile)"])
        return ring
    }

    private func writeRootKey(replacing: Bool = false) throws(FileError) -> APIKey {
        let key = APIKey.generate()
        try RootKeyFile.write(key, to: settings.rootKeyFile, replacing: replacing)
        return key
    }

    private func replaceRootKey(at now: NumericDate) async throws {
        let key = try writeRootKey(replacing: true)
        try await store.replaceRootKey(with: rootKey(key, IdentifierGenerator(), at: now))
        logger.warning("root key replaced", metadata: ["root_key_file": "\(settings.rootKeyFile)"])
    }

    private func rootKey(_ key: APIKey, _ identifiers: IdentifierGenerator, at now: NumericDate) -> InitialKey
    {
        InitialKey(
            id: KeyID(identifiers.next(at: now)),
            name: "root",
            key: key,
            createdAt: now,
            scopes: BuiltInScopes.administration.map(\.name),
            allowedAddresses: ["127.0.0.0/8", "::1"]
        )
    }

    private static func identifier(of secret: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(secret).bytes.prefix(8))
    }

    /// The secret that ``prepare(replacesRootKey:)`` has found to be the database's own, or has made.
    func refreshSecret() throws -> RefreshSecret {
        guard let secret = try keys.refreshSecret() else {
            throw StartRefusal(description: "the refresh secret has gone from \(settings.keysDirectory)")
        }
        return RefreshSecret(secret)
    }

    func state(_ ring: KeyRing, _ secret: RefreshSecret, adminListen: ListenAddress) -> ServiceState {
        let own =
            adminListen.host.utf8.contains(UInt8(ascii: ":")) ? "[\(adminListen.host)]" : adminListen.host
        var state = ServiceState(
            issuer: issuer,
            ring: ring,
            policy: TokenPolicy(
                defaultLifetime: settings.accessTokenLifetime.standard,
                maximumLifetime: settings.accessTokenLifetime.maximum
            ),
            refreshPolicy: settings.refresh,
            refreshSecret: secret,
            trustedProxies: settings.trustedProxies,
            jwksMaxAge: settings.jwksMaxAge,
            statusTimeToLive: settings.statusTimeToLive,
            adminHosts: settings.adminHosts.isEmpty ? [own, "localhost"] : Set(settings.adminHosts)
        )
        state.tokensNotBefore = notBefore
        return state
    }

    func administration(_ course: Course) -> Administration {
        let isLong = settings.algorithms.contains { $0 == .rs256 || $0 == .ps256 }
        return Administration(
            store: store,
            limits: AdministrationLimits(
                algorithms: settings.algorithms.map(\.rawValue),
                maximumTokenLifetime: settings.accessTokenLifetime.maximum,
                tokenSize: TokenSizeBound(
                    issuerLength: JSONValue.string(issuer).serialized.count - 2,
                    signatureLength: isLong ? 256 : 64
                )
            ),
            identifiers: IdentifierGenerator(),
            backups: BackupDesk(store: store) { [clock] in _ = try await course.epoch.raise(at: clock.now) }
        )
    }
}
