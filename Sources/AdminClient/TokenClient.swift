import NIOHTTP1
package import OAuth
import Primitives

/// The token endpoint of an issuer over HTTP.
package struct TokenClient: Sendable {
    private let issuer: ServerURL
    private let transport: HTTPTransport

    package init(issuer: ServerURL, caFile: String? = nil) {
        self.issuer = issuer
        transport = HTTPTransport(caFile: caFile)
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
        guard issuer.mayReceiveSecrets else { throw .insecure(AdminClient.insecure(issuer)) }
        let endpoint = try await tokenEndpoint()
        let secret = String(decoding: key.secret, as: UTF8.self)
        var form = [("grant_type", request.grant.rawValue)]
        var headers = HTTPHeaders([
            ("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"),
        ])
        switch request.grant {
        case .tokenExchange: form += [("subject_token", secret), ("subject_token_type", TokenType.apiKey)]
        case .clientCredentials, .refreshToken:
            headers.add(name: "Authorization", value: "Bearer \(secret)")
        }
        if let token = request.refreshToken {
            form.append(("refresh_token", String(decoding: token.secret, as: UTF8.self)))
        }
        if !request.scopes.isEmpty { form.append(("scope", request.scopes.joined(separator: " "))) }
        form += request.audiences.map { ("audience", $0) } + request.resources.map { ("resource", $0) }
        return try await transport.send(
            .POST,
            endpoint,
            headers: headers,
            body: Array(PercentEncoding.pairs(form).utf8)
        )
    }

    /// Ends the connections; call it once, last.
    package func shutdown() async { await transport.shutdown() }

    private func tokenEndpoint() async throws(ClientError) -> String {
        let answer = try await transport.send(
            .GET,
            Self.metadataURL(of: issuer.text),
            headers: ["Accept": "application/json"],
            body: nil
        )
        guard answer.isSuccess, let metadata = answer.json?.object else {
            throw .unexpected("\(issuer.text) publishes no metadata (RFC 8414): it is not an issuer")
        }
        guard let name = metadata["issuer"]?.string, bytesEqual(name, issuer.text) else {
            let name = metadata["issuer"]?.string ?? "nothing"
            throw .unexpected(
                "the server at \(issuer.text) calls itself \(name): no API key is sent there; set TOKENBOOTH_ISSUER to its name"
            )
        }
        guard let endpoint = metadata["token_endpoint"]?.string,
            endpoint.utf8.starts(with: (issuer.text + "/").utf8),
            endpoint.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw .unexpected(
                "\(issuer.text) names a token endpoint that is not under it: no API key is sent there"
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
