public import Hummingbird
public import TokenVerifier

/// A request context that can hold the token that ``RequireToken`` has found good.
public protocol TokenRequestContext: RequestContext {
    /// The token of this request; `nil` before ``RequireToken`` and on public routes.
    var token: VerifiedToken? { get set }
}

extension TokenRequestContext {
    /// The token of this request, for handlers behind ``RequireToken``.
    ///
    /// - Throws: A 500 when the route is not behind one.
    public func verifiedToken() throws -> VerifiedToken {
        guard let token else { throw HTTPError(.internalServerError) }
        return token
    }
}

/// Hummingbird's basic context with the token of the request.
public struct BasicTokenRequestContext: TokenRequestContext {
    /// What Hummingbird itself keeps.
    public var coreContext: CoreRequestContextStorage
    /// The token of this request; `nil` before ``RequireToken`` and on public routes.
    public var token: VerifiedToken?

    /// A context without a token.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
