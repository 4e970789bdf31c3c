import Administration
import AuthorizationServer
import HTTPFrontEnd
import JOSE
import KeyWitness
import Logging
import OAuth
import Primitives
import SQLiteStore

/// The signing keys of a running server: their files, their rows and the ring that signs, changed together and one
/// change at a time.
///
/// A new key is a file first and then a row; a key that goes is a row first. Whatever a fault leaves between the
/// two is found when the keys are next looked at: the rows are read again before every change, and the ring
/// follows them.
actor SigningKeyKeeper {
    let directory: KeysDirectory
    let store: SQLiteStore
    let clock: WallClock
    /// Never ahead: a key is old enough by this one.
    let past: WallClock
    let logger: Logger
    private let signer: ProbeSigner
    nonisolated let figures = SigningKeyFigures()

    private(set) var algorithms: [JWSAlgorithm]
    var currentPolicy: SigningKeyPolicy
    /// Private keys at hand, those without a row too.
    var files: [SigningKey] = []
    private var witnessed: Set<String>
    private(set) var ring: KeyRing
    private var publish: @Sendable (KeyRing) -> Void = { _ in }
    /// When the keys are to be looked at again.
    private(set) var nextLook = NumericDate(.min)

    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Seconds after which what has failed is tried again.
    private static let pause: Int64 = 10

    /// Takes over the keys of an installation.
    ///
    /// - Parameter witnessed: Keys that have stood their test a moment ago.
    /// - Throws: ``StartRefusal``, ``FileError``, `WitnessRefusal`; store failures.
    init(start: Start, past: WallClock, witnessed: Set<String>) async throws {
        directory = start.keys
        store = start.store
        clock = start.clock
        self.past = past
        logger = start.logger
        signer = start.signer
        let opened = try await SigningKeyOpening(start).open(start.settings)
        algorithms = start.settings.algorithms
        currentPolicy = opened.policy
        files = opened.files
        ring = opened.ring
        self.witnessed = witnessed
        for key in ring.active { try witness(key) }
    }

    /// Hands the ring of every change to `publish`, which must return when requests are answered from it.
    func attach(_ publish: @escaping @Sendable (KeyRing) -> Void) {
        self.publish = publish
        publish(ring)
    }

    /// Takes over new settings and key files.
    ///
    /// - Parameter apply: Puts settings and ring in force together.
    /// - Throws: As the initializer; then everything is as it was.
    func reload(_ settings: Settings, apply: @Sendable (KeyRing) -> Void) async throws {
        try await exclusively {
            let opening = SigningKeyOpening(directory: directory, store: store, clock: clock, logger: logger)
            let opened = try await opening.open(settings)
            for key in opened.ring.active { try witness(key) }
            currentPolicy = opened.policy
            files = opened.files
            ring = opened.ring
            apply(opened.ring)
            nextLook = NumericDate(.min)
        }
    }

    // MARK: One change at a time

    func exclusively<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value {
        if isBusy {
            await withCheckedContinuation { waiting.append($0) }
        } else {
            isBusy = true
        }
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        return try await body()
    }

    /// The ring follows the rows.
    func take(_ records: [SigningKeyRecord]) throws {
        let next = try SigningKeyStages(records: records, files: files).ring(for: algorithms)
        if next.entityTag != ring.entityTag || !Self.signAlike(next, ring) {
            ring = next
            publish(next)
        }
        plan(records)
    }

    private static func signAlike(_ left: KeyRing, _ right: KeyRing) -> Bool {
        left.active.map(\.kid).elementsEqual(right.active.map(\.kid), by: bytesEqual)
            && left.retired.map(\.kid).elementsEqual(right.retired.map(\.kid), by: bytesEqual)
    }

    private func plan(_ records: [SigningKeyRecord]) {
        let schedule = SigningKeySchedule(records, policy: currentPolicy)
        let now = past.now
        nextLook =
            schedule.dueSteps(at: now).isEmpty ? schedule.nextDate(after: now) ?? NumericDate(.max) : now
        figures.set(
            nextRotations: algorithms.compactMap { algorithm in
                schedule.rotation(of: algorithm.rawValue).map { (algorithm.rawValue, $0) }
            }
        )
    }

    /// What has just failed is tried again in a while.
    func postpone() {
        figures.countFailure()
        nextLook = past.now.advanced(by: Self.pause)
    }

    // MARK: Keys

    func key(_ kid: String) -> SigningKey? { files.first { bytesEqual($0.kid, kid) } }

    /// - Throws: `WitnessRefusal` for a key that must not sign.
    func witness(_ key: SigningKey) throws(WitnessRefusal) {
        guard !witnessed.contains(key.kid) else { return }
        try SigningKeyStages.examine(key, logger: logger, signer: signer)
        witnessed.insert(key.kid)
    }
}
