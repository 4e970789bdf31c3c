import Administration
import AuthorizationServer
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import OAuth

/// What Hummingbird answers: everything that waits for the store, or is looked at and not called a lot.
extension FrontEnd {
    typealias Handler = @Sendable (Request, RelayedContext) async throws -> Response

    func router(_ listener: Listener) -> Router<RelayedContext> {
        let router = Router(context: RelayedContext.self)
        let prefix = listener == .public ? basePath : ""
        let shape = ErrorShape(listener)
        for route in Route.all where route.listeners.contains(listener) {
            guard case .hummingbird = route.answeredBy, let handler = handler(route) else { continue }
            guard let method = HTTPRequest.Method(route.method.rawValue) else { continue }
            router.on(RouterPath(prefix + route.path), method: method) { request, context in
                do {
                    return try await handler(request, context)
                } catch {
                    return Response(Self.answer(to: error, shape, request.requestID, parts.logger))
                }
            }
        }
        return router
    }

    private func handler(_ route: Route) -> Handler? {
        switch route.operation {
        case "getMetrics":
            return { _, _ in await metrics() }
        case "reportLeaks":
            let leaks = LeakRoute(parts: parts)
            return { request, _ in try await leaks.respond(request) }
        default:
            guard let operation = AdminOperation(rawValue: route.operation) else { return nil }
            let admin = AdminRoute(parts: parts, bodyLimit: route.bodyLimit)
            return { request, context in try await admin.respond(operation, request, context) }
        }
    }

    /// Store faults are 503, and what is left is a bug: both are logged once, here.
    private static func answer(
        to error: any Error,
        _ shape: ErrorShape,
        _ requestID: String,
        _ logger: Logger
    ) -> Answer {
        let id = Array(requestID.utf8)
        if let fault = error as? StoreUnavailable {
            logger.error(
                "store unavailable",
                metadata: ["request_id": "\(requestID)", "reason": "\(fault.reason)"]
            )
            return shape.answer(503, "the store cannot answer now: try again shortly", requestID: id)
        }
        logger.error("unexpected error", metadata: ["request_id": "\(requestID)", "error": "\(error)"])
        return shape.answer(500, "the request could not be answered", requestID: id)
    }

    private func metrics() async -> Response {
        var text = MetricsText()
        var counted = await loops.metrics()
        parts.adminFailures.add(to: &counted)
        text.write(counted, version: parts.version)
        text.write(parts.state.current.ring)
        text.family("tokenbooth_denied_tokens", "gauge", "Single access tokens that are denied.")
        text.sample("tokenbooth_denied_tokens", [], String(parts.tokenLife.denylist.count))
        text.family("tokenbooth_limited_keys", "gauge", "API keys whose use of a limit is remembered.")
        text.sample("tokenbooth_limited_keys", [], String(parts.directory.limitedKeys))
        text.family(
            "tokenbooth_failed_authentication_addresses",
            "gauge",
            "Addresses whose failed authentications are remembered."
        )
        text.sample("tokenbooth_failed_authentication_addresses", [], String(parts.failures.count))
        ProcessMetrics.write(to: &text)
        await parts.furtherMetrics(&text)
        var answer = Answer(status: 200, body: Array(text.text.utf8))
        answer.append("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        answer.append("Cache-Control", "no-store")
        return Response(answer)
    }
}

/// What is known of a request when Hummingbird has it.
struct RelayedContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}

extension Request {
    /// As the protocol handler has set it.
    var requestID: String { headers.values(named: "x-request-id").first ?? "" }
}

extension HTTPFields {
    /// Every value of a field; `name` in lower case.
    func values(named name: String) -> [String] { filter { $0.name.canonicalName == name }.map(\.value) }
}

extension Response {
    /// One of our answers in Hummingbird's form; the protocol handler turns it back.
    init(_ answer: Answer) {
        var headers = HTTPFields()
        for line in answer.fields.split(separator: 0x0A) {
            let text = String(decoding: line.dropLast(), as: UTF8.self)
            guard let colon = text.firstIndex(of: ":"), let name = HTTPField.Name(String(text[..<colon]))
            else { continue }
            headers.append(HTTPField(name: name, value: String(text[text.index(colon, offsetBy: 2)...])))
        }
        let notes = [
            (RelayedHeader.noteClient, answer.note.clientID?.description),
            (RelayedHeader.noteError, answer.note.error),
            (RelayedHeader.noteDetail, answer.note.detail),
        ]
        for case (let name, let value?) in notes {
            if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
        }
        self.init(
            status: .init(code: answer.status),
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }
}
