import NIOHTTP1
package import NIOSSL
package import OAuth
package import Primitives

/// The methods of the admin API.
package enum AdminMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// The admin API over HTTP.
package struct AdminClient: Sendable {
    private let server: ServerURL
    private let credential: APIKey?
    private let transport: HTTPTransport

    /// - Parameters:
    ///   - credential: `nil` for what needs none, such as the health of the server.
    ///   - roots: Certificates to trust in place of the system's.
    package init(server: ServerURL, credential: APIKey?, trusting roots: [NIOSSLCertificate]? = nil) {
        self.server = server
        self.credential = credential
        transport = HTTPTransport(trusting: roots)
    }

    /// - Parameters:
    ///   - path: Its segments as they are; they are encoded here.
    ///   - body: A merge patch (RFC 7396) when the method is PATCH.
    /// - Throws: ``ClientError``; an answer that refuses is no error.
    package func send(
        _ method: AdminMethod,
        _ path: [String],
        query: [(String, String)] = [],
        body: JSONValue? = nil
    ) async throws(ClientError) -> AdminResponse {
        let type = method == .patch ? "application/merge-patch+json" : "application/json"
        return try await send(method, path, query: query, content: body?.serialized, type: type)
    }

    /// - Parameters:
    ///   - path: Its segments as they are; they are encoded here.
    ///   - type: The media type of `content`.
    /// - Throws: ``ClientError``; an answer that refuses is no error.
    package func send(
        _ method: AdminMethod,
        _ path: [String],
        query: [(String, String)],
        content: [UInt8]?,
        type: String
    ) async throws(ClientError) -> AdminResponse {
        var headers = HTTPHeaders([("Accept", "application/json, application/problem+json")])
        if let credential {
            guard server.mayReceiveSecrets else { throw .insecure(Self.insecure(server)) }
            headers.add(
                name: "Authorization",
                value: "Bearer \(String(decoding: credential.secret, as: UTF8.self))"
            )
        }
        if content != nil { headers.add(name: "Content-Type", value: type) }
        var url = server.text + "/" + path.map(PercentEncoding.encode).joined(separator: "/")
        if !query.isEmpty { url += "?" + PercentEncoding.pairs(query) }
        return try await transport.send(
            HTTPMethod(rawValue: method.rawValue),
            url,
            headers: headers,
            body: content
        )
    }

    /// Ends the connections; call it once, last.
    package func shutdown() async { await transport.shutdown() }

    static func insecure(_ server: ServerURL) -> String {
        "\(server.text) is plain http and not on this machine: no API key is sent there; use an https URL"
    }
}
