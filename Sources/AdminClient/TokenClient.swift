import NIOHTTP1
package import NIOSSL
package import OAuth
import Primitives

/// The token endpoint of an issuer over HTTP.
package struct TokenClient: Sendable {
    private let issuer: ServerURL
    private let transport: HTTPTransport

    /// - Parameter roots: Certificates to trust in place of the system's.
    package init(issuer: ServerURL, trusting roots: [NIOSSLCertificate]? = nil) {
        self.issuer = issuer
        transport = HTTPTransport(trusting: roots)
    }

    /// What to ask for besides the grant.
    package struct Request: Sendable {
        package var grant: GrantType
        package var scopes: [String]
        package var audiences: [String]
        package var resources: [String]
        /// Of the refresh token grant.
        package var refreshToken: RefreshToken?

        package init(
            grant: GrantType,
            scopes: [String],
            audiences: [String],
            resources: [String],
            refreshToken: RefreshToken? = nil
        ) {
            self.grant = grant
            self.scopes = scopes
            self.audiences = audiences
            self.resources = resources
            self.refreshToken = refreshToken
        }
    }

    /// Exchanges an API key for an access token, or a refresh token of that key for the next.
    ///
    /// The issuer's metadata are read first, without the key: it goes only to a server that calls itself what was
    /// asked for (RFC 8414 §3.3), and only to an endpoint under that URL.
    ///
    /// - Throws: ``ClientError``; an answer that refuses is no error.
    package func exchange(_ key: APIKey, _ request: Request) async throws(ClientError) -> AdminResponse {
        let isSubject = request.grant == .tokenExchange
        var form = [("grant_type", request.grant.rawValue)]
        if isSubject {
            form.append(("subject_token", String(decoding: key.secret, as: UTF8.self)))
            form.append(("subject_token_type", TokenType.apiKey))
        }
        if let token = request.refreshToken {
            form.append(("refresh_token", String(decoding: token.secret, as: UTF8.self)))
        }
        if !request.scopes.isEmpty { form.append(("scope", request.scopes.joined(separator: " "))) }
        form += request.audiences.map { ("audience", $0) } + request.resources.map { ("resource", $0) }
        return try await post(form, to: "token_endpoint", as: isSubject ? nil : key)
    }

    /// Revokes a token (RFC 7009) or asks about it (RFC 7662).
    ///
    /// - Parameters:
    ///   - endpoint: Its name in the metadata.
    ///   - key: `nil` when the token is its own proof.
    /// - Throws: ``ClientError``; an answer that refuses is no error.
    package func present(
        _ token: [UInt8],
        hint: String?,
        to endpoint: String,
        as key: APIKey?
    ) async throws(ClientError) -> AdminResponse {
        var form = [("token", String(decoding: token, as: UTF8.self))]
        if let hint { form.append(("token_type_hint", hint)) }
        return try await post(form, to: endpoint, as: key)
    }

    private func post(
        _ form: [(String, String)],
        to endpoint: String,
        as key: APIKey?
    ) async throws(ClientError) -> AdminResponse {
        guard issuer.mayReceiveSecrets else { throw .insecure(AdminClient.insecure(issuer)) }
        let url = try await self.endpoint(endpoint)
        var headers = HTTPHeaders([
            ("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"),
        ])
        if let key {
            headers.add(name: "Authorization", value: "Bearer \(String(decoding: key.secret, as: UTF8.self))")
        }
        return try await transport.send(
            .POST,
            url,
            headers: headers,
            body: Array(PercentEncoding.pairs(form).utf8)
        )
    }

    /// The published keys (RFC 7517).
    ///
    /// - Throws: ``ClientError``.
    package func keySet() async throws(ClientError) -> AdminResponse {
        let url = try await endpoint("jwks_uri")
        return try await transport.send(.GET, url, headers: ["Accept": "application/json"], body: nil)
    }

    /// Ends the connections; call it once, last.
    package func shutdown() async { await transport.shutdown() }

    private func endpoint(_ name: String) async throws(ClientError) -> String {
        let answer = try await transport.send(
            .GET,
            Self.metadataURL(of: issuer.text),
            headers: ["Accept": "application/json"],
            body: nil
        )
        guard answer.isSuccess, let metadata = answer.json?.object else {
            throw .unexpected("\(issuer.text) publishes no metadata (RFC 8414): it is not an issuer")
        }
        guard let own = metadata["issuer"]?.string, bytesEqual(own, issuer.text) else {
            let own = metadata["issuer"]?.string ?? "nothing"
            throw .unexpected(
                "the server at \(issuer.text) calls itself \(own): no API key is sent there; set TOKENBOOTH_ISSUER to its name"
            )
        }
        guard let endpoint = metadata[name]?.string,
            endpoint.utf8.starts(with: (issuer.text + "/").utf8),
            endpoint.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw .unexpected(
                "\(issuer.text) names no \(name) that is under it: nothing is sent there"
            )
        }
        return endpoint
    }

    /// The well-known part stands between host and path (RFC 8414 §3.1).
    static func metadataURL(of issuer: String) -> String {
        let parts = issuer.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        let origin = parts.prefix(3).joined(separator: "/")
        let path = parts.count > 3 ? "/" + parts[3] : ""
        return origin + "/.well-known/oauth-authorization-server" + path
    }
}
