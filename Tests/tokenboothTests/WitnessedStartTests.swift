import ArgumentParser
import Glibc
import JOSE
import KeyWitness
import Logging
import OAuth
import SQLiteStore
import Synchronization
import Testing

@testable import tokenbooth

/// Through all that `serve` runs, in this process: only the signer that the witness judges is another.
@Suite("Start with a signer that flips one bit", .timeLimit(.minutes(5)))
struct WitnessedStartTests {
    private let scratch = Scratch()

    private func settings(_ algorithm: JWSAlgorithm) throws -> Settings {
        // A port that the system has just given and taken back.
        let free = try Settings.load(environment: ["TOKENBOOTH_LISTEN": "127.0.0.1:0"])
        let listen = try FreePort(free.listen, of: .listen, in: free).address
        let adminListen = try FreePort(free.listen, of: .listen, in: free).address
        return try Settings.load(environment: [
            "TOKENBOOTH_ALGORITHMS": algorithm.rawValue,
            "TOKENBOOTH_DATA_DIR": scratch.path + "/data",
            "TOKENBOOTH_KEYS_DIR": scratch.path + "/keys",
            "TOKENBOOTH_LISTEN": "\(listen)",
            "TOKENBOOTH_ADMIN_LISTEN": "\(adminListen)",
            "TOKENBOOTH_LOG_LEVEL": "error",
        ])
    }

    /// What `serve` would do, with that signer.
    private func serve(_ settings: Settings, signer: @escaping ProbeSigner) async throws {
        try await Server.run(
            ServeStart(
                settings: settings,
                replacesRootKey: false,
                consent: RestoreConsent(),
                reload: { settings },
                signer: signer
            )
        )
    }

    private static let flipping: ProbeSigner = { key, message in
        var signature = try SigningKeyStages.signer(key, message)
        signature[signature.count / 2] ^= 1
        return signature
    }

    /// Everything that a start does before it listens, with the signer that tokens have.
    private func prepare(_ settings: Settings) async throws -> [String] {
        let store = try SQLiteStore.open(directory: settings.dataDirectory, onChange: { _ in })
        defer { store.close() }
        let start = Start(
            settings: settings,
            issuer: "http://127.0.0.1",
            keys: try KeysDirectory(opening: settings.keysDirectory),
            store: store,
            clock: .system,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            signer: SigningKeyStages.signer
        )
        let keeper = try await start.prepare(replacesRootKey: false)
        return await keeper.signing
    }

    private func isInstalled(_ settings: Settings) async throws -> Bool {
        let store = try SQLiteStore.open(directory: settings.dataDirectory, onChange: { _ in })
        defer { store.close() }
        return try await store.installation() != nil
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `the first start and every later one end with 78, and nothing ever listens`(
        algorithm: JWSAlgorithm
    ) async throws {
        let settings = try settings(algorithm)
        let wereOpen = Mutex<[Bool]>([])
        let planted: ProbeSigner = { key, message in
            wereOpen.withLock { $0 += Self.openPorts(settings) }
            return try Self.flipping(key, message)
        }

        let first = await #expect(throws: WitnessRefusal.self) { try await serve(settings, signer: planted) }
        guard case .refused(Witness(for: algorithm), kid: _) = first else {
            Issue.record("another reason: \(String(describing: first))")
            return
        }
        #expect(Self.openPorts(settings) == [false, false])
        #expect(try await !isInstalled(settings), "a refused first start leaves no rows")

        // With an honest signer the same keys are good; and then not good again.
        let honest = try await prepare(settings)
        #expect(honest.count == 1)
        let later = await #expect(throws: ExitCode.self) {
            try await CommandExit.reporting { try await serve(settings, signer: planted) }
        }
        #expect(later?.rawValue == 78)
        #expect(Self.openPorts(settings) == [false, false])
        #expect(wereOpen.withLock { $0 } == [false, false, false, false])
        #expect(try await prepare(settings) == honest)
    }

    @Test
    func `a signer that fails is refused in words`() async throws {
        struct Broken: Error {}
        let settings = try settings(.es256)
        let refusal = await #expect(throws: WitnessRefusal.self) {
            try await serve(settings) { _, _ in throw Broken() }
        }
        #expect(refusal?.description.contains("could not sign a probe") == true)
        #expect(Self.openPorts(settings) == [false, false])
    }

    /// Whether somebody listens: on the public port, on the admin port.
    private static func openPorts(_ settings: Settings) -> [Bool] {
        [settings.listen.port, settings.adminListen.port].map { port in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
        }
    }
}
