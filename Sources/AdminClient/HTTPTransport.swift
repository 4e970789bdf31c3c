import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Requests over HTTP/1.1 or 2, one at a time: verified TLS 1.2 and up, no redirects, bounded in time and size.
final class HTTPTransport: Sendable {
    private let client: HTTPClient

    /// Bytes of an answer's body.
    private static let maximumBody = 8 << 20

    /// - Parameters:
    ///   - roots: Certificates to trust in place of the system's.
    ///   - timeout: Seconds for a whole exchange.
    init(trusting roots: [NIOSSLCertificate]?, timeout: Int64 = 10) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        if let roots { tls.trustRoots = .certificates(roots) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls,
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(timeout), read: .seconds(timeout))
        )
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.timeout = timeout
    }

    private let timeout: Int64

    func shutdown() async { try? await client.shutdown() }

    /// - Throws: ``ClientError`` when there is no answer, or one that redirects.
    func send(
        _ method: HTTPMethod,
        _ url: String,
        headers: HTTPHeaders,
        body: [UInt8]?
    ) async throws(ClientError) -> AdminResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers = headers
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response: AdminResponse
        do {
            let answer = try await client.execute(request, timeout: .seconds(timeout))
            let content = try await answer.body.collect(upTo: Self.maximumBody)
            response = AdminResponse(
                status: Int(answer.status.code),
                body: Array(content.readableBytesView),
                retryAfter: answer.headers.first(name: "retry-after").flatMap { UInt32($0) }.map(Int.init)
            )
        } catch is NIOTooManyBytesError {
            throw .unexpected("the answer of \(url) is larger than \(Self.maximumBody) bytes")
        } catch {
            throw .unreachable("cannot reach \(Self.origin(of: url)): \(Self.reason(error))")
        }
        guard !(300..<400).contains(response.status) else {
            throw .unexpected(
                "\(Self.origin(of: url)) answers with a redirect (\(response.status)), which is not followed: set the URL that it leads to"
            )
        }
        return response
    }

    /// Without the path, whose parts may be long.
    private static func origin(of url: String) -> String {
        url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3).joined(
            separator: "/"
        )
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError
        where [.deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout].contains(error):
            "no answer in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "it closed the connection without an answer"
        case is NIOConnectionError, is IOError: "no connection; is the server running?"
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            "the TLS handshake failed: its certificate is not trusted, or is for another name, or it speaks no TLS"
        default: String(describing: error)
        }
    }
}
