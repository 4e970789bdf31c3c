import HTTPTypes
public import Hummingbird
import NIOCore
public import TokenVerifier

/// Lets a request pass that carries a good access token with what is required, and puts it into the context.
///
/// The routes of a group that has this middleware need a token; those of a group without are public. A refusal is a
/// response of RFC 6750 §3: 401 without a token and for a bad one, 403 for one that is not enough, both with
/// `WWW-Authenticate`; 503 with `Retry-After` when it cannot be known now whether the token is good.
public struct RequireToken<Context: TokenRequestContext>: RouterMiddleware {
    private let verifier: AccessTokenVerifier
    private let requirement: TokenRequirement
    private let realm: String

    /// - Parameters:
    ///   - scopes: The token must have all of these.
    ///   - roles: The token must have one of these, if any are named.
    ///   - groups: The token must be in one of these, if any are named.
    ///   - realm: `realm` of the challenge: printable ASCII without quotes and backslashes.
    public init(
        _ verifier: AccessTokenVerifier,
        scopes: [String] = [],
        roles: [String] = [],
        groups: [String] = [],
        realm: String = "api"
    ) {
        self.verifier = verifier
        requirement = TokenRequirement(scopes: scopes, roles: roles, groups: groups)
        self.realm = realm
    }

    /// Answers a refusal, or passes the request on with its token.
    @concurrent
    public func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let token: VerifiedToken
        switch BearerCredential(request.headers[values: .authorization]) {
        case .none: return answer(.unauthorized, challenge: "Bearer realm=\"\(realm)\"")
        case .several:
            let challenge = "Bearer realm=\"\(realm)\", error=\"invalid_request\""
            return answer(.badRequest, challenge: challenge)
        case .token(let credential):
            do throws(TokenRefusal) {
                token = try await verifier.verify(credential)
                try requirement.check(token)
            } catch {
                return answer(error)
            }
        }
        var context = context
        context.token = token
        return try await next(request, context)
    }

    private func answer(_ refusal: TokenRefusal) -> Response {
        let status = HTTPResponse.Status(code: refusal.httpStatus)
        return answer(status, challenge: refusal.challenge(realm: realm))
    }

    /// The challenge says all there is; without one it is worth coming again.
    private func answer(_ status: HTTPResponse.Status, challenge: String?) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        if let challenge { headers[.wwwAuthenticate] = challenge } else { headers[.retryAfter] = "1" }
        return Response(status: status, headers: headers)
    }
}

/// The credential in `Authorization` (RFC 6750 §2.1).
enum BearerCredential {
    case none
    /// More than one field: which of them counts would be a guess.
    case several
    case token(String)

    /// Another scheme than `Bearer` is no credential here; the name has any case (RFC 9110 §11.1).
    init(_ values: [String]) {
        guard let value = values.first else {
            self = .none
            return
        }
        guard values.count == 1 else {
            self = .several
            return
        }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            self = .none
            return
        }
        self = .token(String(parts[1].drop { $0 == " " }))
    }
}
