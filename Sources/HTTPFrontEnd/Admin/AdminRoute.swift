import AdminAPI
import Administration
import AuthorizationServer
import HTTPTypes
import Hummingbird
import NIOCore
import OAuth
import Primitives

/// From an HTTP request to an operation of the admin API, and back.
struct AdminRoute: Sendable {
    let parts: FrontEnd.Parts
    private let endpoint: AdminEndpoint
    /// Bytes.
    private let bodyLimit: Int

    init(parts: FrontEnd.Parts, bodyLimit: Int) {
        self.parts = parts
        self.bodyLimit = bodyLimit
        endpoint = AdminEndpoint(parts.administration)
    }

    func respond(_ operation: AdminOperation, _ request: Request, _ context: RelayedContext) async throws
        -> Response
    {
        let requestID = request.requestID
        // A key or token that has once been too old does not come back with the clock.
        let now = parts.clockGuard.judged(parts.clock.now)
        let state = parts.state.current
        let authenticator = AdminAuthenticator(
            clients: parts.clients,
            tokens: parts.tokenLife.check(state),
            denials: parts.tokenLife.denials
        )
        let address = request.headers.values(named: RelayedHeader.clientAddress).first
            .flatMap { IPAddress(parsing: $0.utf8) }
        let administrator: Administrator
        do {
            administrator = try await authenticator.authenticate(
                authorization: request.headers.values(named: "authorization"),
                apiKey: request.headers.values(named: "x-api-key"),
                from: address,
                referrer: Referrer(
                    origin: request.headers.values(named: "origin"),
                    referer: request.headers.values(named: "referer")
                ),
                at: now
            )
        } catch let refusal as AdminAuthenticator.Refusal {
            return Response(limited(refusal, from: address, requestID))
        }
        guard let query = QueryItems(request.uri.query ?? ""), let target = Self.target(context) else {
            return Response(
                ErrorShape.problem.answer(
                    400,
                    "the URL has a broken percent escape, a NUL or bytes that are not UTF-8",
                    requestID: Array(requestID.utf8)
                )
            )
        }
        let body = try await request.body.collect(upTo: bodyLimit)
        var asked = AdminRequest(
            target: target.value,
            query: query.items,
            contentType: request.headers[.contentType],
            body: Array(buffer: body),
            administrator: administrator,
            now: now,
            requestID: requestID
        )
        asked.address = address
        asked.ifMatch = request.headers.values(named: "if-match")
        asked.idempotencyKey = request.headers.values(named: "idempotency-key")
        let answer = try await endpoint.perform(operation, asked)
        return Response(Self.answer(answer, by: administrator, for: operation))
    }

    /// The one path parameter, if the path has one; `nil` when it is not well-formed.
    private static func target(_ context: RelayedContext) -> (value: String?, ())? {
        let names = ["id", "name", "kid"]
        guard let raw = names.lazy.compactMap({ context.parameters.get($0) }).first else { return (nil, ()) }
        guard let decoded = QueryItems.decode(Array(raw.utf8)[...], plusIsSpace: false) else { return nil }
        return (decoded, ())
    }

    private static func answer(
        _ answer: AdminAnswer,
        by administrator: Administrator,
        for operation: AdminOperation
    ) -> Answer {
        var http = Answer(status: answer.status, body: answer.body)
        if let type = answer.contentType { http.append("Content-Type", value: type) }
        if let location = answer.location { http.append("Location", value: location) }
        if let next = answer.next { http.append("Link", value: "<\(next)>; rel=\"next\"") }
        if let tag = answer.entityTag { http.append("ETag", value: tag) }
        if answer.isReplayed { http.append("Idempotent-Replayed", "true") }
        http.append("Cache-Control", "no-store")
        if answer.status == 403 {
            http.append(
                "WWW-Authenticate",
                value:
                    "Bearer realm=\"tokenbooth\", error=\"insufficient_scope\", scope=\"\(operation.scope)\""
            )
        }
        http.note.clientID = administrator.id
        return http
    }
}

/// Percent-decoded query items; unlike a form's, of any name.
struct QueryItems {
    let items: [(name: String, value: String)]

    /// - Returns: `nil` on a broken percent escape or bytes that are not UTF-8.
    init?(_ query: String) {
        var items: [(name: String, value: String)] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let bytes = Array(pair)
            let equals = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.endIndex
            guard let name = Self.decode(bytes[..<equals]),
                let value = Self.decode(bytes[equals...].dropFirst())
            else { return nil }
            items.append((name, value))
        }
        self.items = items
    }

    static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = true) -> String? {
        let escaped = plusIsSpace ? text : ArraySlice(text.flatMap { $0 == 0x2B ? Array("%2B".utf8) : [$0] })
        guard let bytes = try? FormParameters.decode(escaped) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
