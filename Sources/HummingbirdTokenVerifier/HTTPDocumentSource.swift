public import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
public import TokenVerifier

/// The issuer's documents over HTTP/1.1 or 2.
public struct HTTPDocumentSource: DocumentSource {
    private let client: HTTPClient

    /// Uses one client for the whole process: TLS 1.2 and up, the system's certificates, no redirects.
    public init() { client = Self.shared }

    /// Uses a client of your own, which you shut down after the verifier's last use.
    ///
    /// - Parameter client: An answer that it got by following a redirect is not taken.
    public init(client: HTTPClient) { self.client = client }

    /// Never shut down, as the event loops that it runs on.
    private static let shared: HTTPClient = {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        let configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(10), read: .seconds(10))
        )
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// One GET.
    ///
    /// - Throws: ``HTTPDocumentError`` for an answer that is no document, or whatever the client throws.
    public func fetch(_ request: DocumentRequest) async throws -> FetchedDocument {
        var message = HTTPClientRequest(url: request.url)
        message.headers.add(name: "Accept", value: request.mediaType)
        if let tag = request.entityTag { message.headers.add(name: "If-None-Match", value: tag) }
        // The verifier cancels earlier.
        let response = try await client.execute(message, timeout: .seconds(60))
        guard response.history.count <= 1 else { throw HTTPDocumentError.redirected }
        let maximumAge = Self.maximumAge(response.headers)
        switch response.status {
        case .notModified: return .notModified(maximumAge: maximumAge)
        case .ok:
            let body = try await response.body.collect(upTo: request.maximumBytes)
            return .document(
                Array(body.readableBytesView),
                entityTag: response.headers.first(name: "ETag"),
                maximumAge: maximumAge
            )
        default: throw HTTPDocumentError.status(Int(response.status.code))
        }
    }

    /// `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1).
    static func maximumAge(_ headers: HTTPHeaders) -> Int? {
        headers[canonicalForm: "Cache-Control"].lazy
            .map { $0.lowercased() }
            .first { $0.hasPrefix("max-age=") }
            .flatMap { Int($0.dropFirst("max-age=".count)) }
    }
}

/// Why an answer is no document.
public enum HTTPDocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another status than 200 and 304.
    case status(Int)
    /// The client has followed a redirect.
    case redirected

    /// What the server answered.
    public var description: String {
        switch self {
        case .status(let code): "the answer is \(code)"
        case .redirected: "the answer is a redirect"
        }
    }
}
