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
    /// Once it is known what the database remembers: one that never goes back, so that no key is dated before tokens
    /// that were checked with it.
    var clock: WallClock
    let logger: Logger
    /// What the witness judges.
    let signer: ProbeSigner
    /// After a restore: access tokens with an earlier `iat` are not honoured.
    var notBefore: NumericDate?
    /// The operator has said that the database is an old one.
    var acceptsRestore = false

    /// Makes what a first start needs, checks what a later one finds, and has every key witnessed.
    ///
    /// - Parameter past: A clock that is never ahead, by which keys are old enough; ``clock`` when `nil`.
    /// - Returns: Who keeps the signing keys from now on.
    /// - Throws: ``StartRefusal``, ``FileError``, `WitnessRefusal`, `StoreUnavailable`.
    func prepare(replacesRootKey: Bool, past: WallClock? = nil) async throws -> SigningKeyKeeper {
        let now = clock.now
        let files = try keys.signingKeys()
        var witnessed: Set<String> = []
        if let installation = try await store.installation() {
            try check(installation, replacesRootKey: replacesRootKey)
            var records = installation.signingKeys
            if acceptsRestore { records = try await replaceLostKeys(records, at: now) }
            let stages = SigningKeyStages(records: records, files: files)
            try stages.checkPresence(in: settings.keysDirectory)
            if replacesRootKey { try await replaceRootKey(at: now) }
        } else {
            witnessed = try await install(files, refreshSecret: try keys.refreshSecret(), at: now)
        }
        let keeper = try await SigningKeyKeeper(start: self, past: past ?? clock, witnessed: witnessed)
        await keeper.tend()
        return keeper
    }

    /// Whether database and keys belong together.
    ///
    /// - Throws: ``StartRefusal``, ``FileError``.
    func check(_ installation: Installation, replacesRootKey: Bool) throws {
        // Not needed any more, but a root key that others can read is theirs too.
        if !replacesRootKey { _ = try RootKeyFile.read(settings.rootKeyFile) }
        guard let secret = try keys.refreshSecret(),
            RefreshSecret(secret).id == installation.refreshSecretID
        else {
            throw StartRefusal(
                description:
                    "the database in \(settings.dataDirectory) belongs to other keys than those in "
                    + "\(settings.keysDirectory): its refresh secret is missing or another; restore that directory"
            )
        }
    }

    /// Files first, rows after them in one transaction: a start that ends in between begins again.
    ///
    /// - Returns: The keys that have stood their test.
    private func install(_ files: [SigningKey], refreshSecret: [UInt8]?, at now: NumericDate) async throws
        -> Set<String>
    {
        let secret = try refreshSecret ?? keys.makeRefreshSecret()
        var all = files
        for algorithm in settings.algorithms where !all.contains(where: { $0.algorithm == algorithm }) {
            let key = try SigningKey.generate(algorithm)
            try keys.store(key)
            all.append(key)
        }
        let copies = KeySetCopies(maxAge: settings.jwksMaxAge)
        let policy = SigningKeyPolicy(settings, copies: copies)
        let records = SigningKeyStages.initialRecords(all, policy: policy, at: now)
        let ring = try SigningKeyStages(records: records, files: all).ring(for: settings.algorithms)
        for key in ring.active { try SigningKeyStages.examine(key, logger: logger, signer: signer) }
        let identifiers = IdentifierGenerator()
        try await store.install(
            Installation(
                refreshSecretID: RefreshSecret(secret).id,
                createdAt: now,
                signingKeys: records,
                keySetCopies: copies
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
        return Set(ring.active.map(\.kid))
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
            scopes: BuiltInScopes.administration,
            allowedAddresses: ["127.0.0.0/8", "::1"]
        )
    }

    /// The secret that ``prepare(replacesRootKey:)`` has found to be the database's own, or has made.
    func refreshSecret() throws -> RefreshSecret {
        guard let secret = try keys.refreshSecret() else {
            throw StartRefusal(
                description:
                    "the refresh secret has gone from \(settings.keysDirectory): restore that directory"
            )
        }
        return RefreshSecret(secret)
    }

    func state(
        _ ring: KeyRing,
        _ secret: RefreshSecret,
        leakReporters: LeakReporters? = nil,
        adminListen: ListenAddress
    ) -> ServiceState {
        let own =
            adminListen.host.utf8.contains(UInt8(ascii: ":")) ? "[\(adminListen.host)]" : adminListen.host
        var state = ServiceState(
            issuer: issuer,
            ring: ring,
            policy: settings.tokenPolicy,
            refreshPolicy: settings.refresh,
            refreshSecret: secret,
            trustedProxies: settings.trustedProxies,
            jwksMaxAge: settings.jwksMaxAge,
            statusTimeToLive: settings.statusTimeToLive,
            adminHosts: settings.adminHosts.isEmpty ? [own, "localhost"] : Set(settings.adminHosts)
        )
        state.tokensNotBefore = notBefore
        state.failedAuthentications = settings.failedAuthentications
        state.leakReporters = leakReporters
        return state
    }

    /// - Parameter state: Has the lifetimes as they were last reloaded.
    func administration(
        _ course: Course,
        _ keeper: SigningKeyKeeper,
        _ state: ServiceStateBox
    ) -> Administration {
        let isLong = settings.algorithms.contains { $0 == .rs256 || $0 == .ps256 }
        let algorithms = settings.algorithms.map(\.rawValue)
        let tokenSize = TokenSizeBound(
            issuerLength: JSONValue.string(issuer).serialized.count - 2,
            signatureLength: isLong ? 256 : 64
        )
        return Administration(
            store: store,
            limits: AdministrationLimits(
                algorithms: algorithms,
                maximumTokenLifetime: state.current.policy.maximumLifetime,
                tokenSize: tokenSize
            ),
            identifiers: IdentifierGenerator(),
            signingKeys: keeper,
            backups: BackupDesk(store: store) {
                // What the database is to remember is what the clock says, and not a jump ahead of it.
                _ = try await course.epoch.raise(at: WallClock.system.now)
            }
        )
    }
}
