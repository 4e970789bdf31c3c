import AuthorizationServer
import HTTPFrontEnd
import JOSE
import Logging
import OAuth
import SQLiteStore
import Synchronization

@testable import tokenbooth

/// A keys directory, a store and a clock that the test moves: what a server's signing keys live in.
struct KeyRoom {
    final class Hand: Sendable {
        private let seconds = Mutex<Int64>(1_800_000_000)
        var now: Int64 { seconds.withLock { $0 } }
        func move(_ delta: Int64) { seconds.withLock { $0 += delta } }
    }

    let scratch = Scratch()
    let hand = Hand()
    let store: SQLiteStore
    /// What has been judged by so far, as in a server.
    let course = ClockGuard(latest: NumericDate(1_800_000_000))
    /// Tokens live for 60 s, key sets for 10 s; waits have 60 s on top.
    let environment: [String: String]

    init() throws {
        store = try SQLiteStore.inMemory()
        environment = [
            "TOKENBOOTH_KEYS_DIR": scratch.path + "/keys", "TOKENBOOTH_JWKS_MAX_AGE": "10",
            "TOKENBOOTH_ACCESS_TOKEN_TTL_MAX": "60", "TOKENBOOTH_SIGNING_KEY_ROTATION": "1d",
        ]
    }

    static let gate: Int64 = 70
    /// The lists live longer than these tokens.
    static let retention: Int64 = 360
    static let rotation: Int64 = 86_400

    func settings(_ algorithms: String) throws -> Settings {
        try Settings.load(environment: environment.merging(["TOKENBOOTH_ALGORITHMS": algorithms]) { $1 })
    }

    /// What a start of the server does with the keys.
    func start(
        _ algorithms: String = "ES256",
        acceptsRestore: Bool = false
    ) async throws -> SigningKeyKeeper {
        let settings = try settings(algorithms)
        let hand = hand
        var start = Start(
            settings: settings,
            issuer: "http://127.0.0.1:8080",
            keys: try KeysDirectory(opening: settings.keysDirectory),
            store: store,
            clock: course.judging(WallClock { (hand.now, 0) }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signer: SigningKeyStages.signer
        )
        start.acceptsRestore = acceptsRestore
        return try await start.prepare(replacesRootKey: false)
    }

    /// The kids of the files.
    func files() throws -> Set<String> {
        Set(try KeysDirectory(opening: scratch.path + "/keys").signingKeys().map(\.kid))
    }

    func records() async throws -> [SigningKeyRecord] { try await store.installation()?.signingKeys ?? [] }
}

extension SigningKeyKeeper {
    var signing: [String] { ring.active.map(\.kid) }
    var waiting: [String] { ring.pending.map(\.kid) }
    var retired: [String] { ring.retired.map(\.kid) }
}
