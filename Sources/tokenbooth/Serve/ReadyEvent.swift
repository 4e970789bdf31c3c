import Logging
import OAuth
import Synchronization

/// Says once that both listeners are up.
final class ReadyEvent: Sendable {
    private let logger: Logger
    private let issuer: Issuer
    private let listen: ListenAddress
    private let adminListen: ListenAddress
    private let waiting = Atomic<Int>(2)
    private let sample = Mutex<APIKey?>(nil)
    private let then: @Sendable () -> Void

    /// - Parameter then: What else is to happen when both are up.
    init(
        logger: Logger,
        issuer: Issuer,
        listen: ListenAddress,
        adminListen: ListenAddress,
        then: @escaping @Sendable () -> Void
    ) {
        self.then = then
        self.logger = logger
        self.issuer = issuer
        self.listen = listen
        self.adminListen = adminListen
    }

    /// Of `--dev`: goes to standard output with two commands that work, never to the log.
    var sampleKey: APIKey? {
        get { sample.withLock { $0 } }
        set { sample.withLock { $0 = newValue } }
    }

    func listening() {
        guard waiting.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        logger.info(
            "ready",
            metadata: ["public": "\(listen)", "admin": "\(adminListen)", "issuer": "\(issuer)"]
        )
        then()
        guard let key = sampleKey else { return }
        try? Terminal.print(
            """

            Tokenbooth is open. A token for the sample API key:

              curl -s -u ":\(String(decoding: key.secret, as: UTF8.self))" -d grant_type=client_credentials \
            \(issuer)/oauth2/token

            The keys to verify it with, and everything else:

              curl -s \(issuer)/oauth2/jwks
              \(issuer)/docs

            """
        )
    }
}
