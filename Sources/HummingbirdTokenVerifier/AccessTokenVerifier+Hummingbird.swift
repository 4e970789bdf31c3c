public import ServiceLifecycle
public import TokenVerifier

extension AccessTokenVerifier {
    /// A verifier with the defaults of ``/TokenVerifier/VerifierConfiguration``, which fetches over HTTP.
    ///
    /// - Parameters:
    ///   - issuer: The address of the issuer, as in `iss`.
    ///   - audience: The name of this resource server, as in `aud`.
    /// - Throws: ``/TokenVerifier/VerifierStartError`` when an argument is wrong or there is no key.
    public convenience init(issuer: String, audience: String) async throws(VerifierStartError) {
        let configuration = VerifierConfiguration(issuer: issuer, audience: audience)
        try await self.init(configuration, documents: HTTPDocumentSource())
    }
}

extension AccessTokenVerifier: Service {
    /// Keeps the documents recent until the service stops; for `services` of an application.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await self.follow() }
    }
}
