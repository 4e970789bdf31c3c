import AuthorizationServer
import JOSE
import OAuth
import Primitives

/// Everything of an event loop that an introspection passes through, and tokens to ask about.
struct IntrospectionPath {
    private let directory: ClientDirectory
    private let check: LiveTokenCheck
    private let authorization: String
    private let bodies: [[UInt8]]

    /// - Parameters:
    ///   - path: Where the tokens come from.
    ///   - tokens: How many different ones.
    ///   - denied: How many tokens the list of denied ones holds; these are none of them.
    init(_ path: TokenPath, ring: KeyRing, tokens: Int, denied: Int, at now: NumericDate) throws {
        directory = path.directory
        authorization = path.authorization
        let (board, denylist) = (StatusBoard(), Denylist())
        if let status = OneClient.status { board.set(status, to: .valid) }
        board.finishLoading()
        denylist.reserve(denied)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<denied {
            let id = TokenID(high: random.next(), low: random.next())
            denylist.insert(DeniedToken(id: id, until: now.advanced(by: 3_600)))
        }
        denylist.finishLoading()
        check = LiveTokenCheck(
            issuer: TokenPath.issuer,
            ring: ring,
            board: board,
            denylist: denylist,
            notBefore: nil
        )
        var bodies: [[UInt8]] = []
        for _ in 0..<tokens {
            let answer = try JSONValue(parsing: path.token(at: now)).object?["access_token"]?.string ?? ""
            bodies.append(Array("token=\(answer)&token_type_hint=access_token".utf8))
        }
        self.bodies = bodies
    }

    /// Parse, find, authenticate, verify, look up, print.
    ///
    /// - Returns: `nil` when the token is not active.
    func introspect(_ number: Int, at now: NumericDate) throws -> [UInt8]? {
        let presented = try PresentedToken(
            form: FormParameters(parsing: bodies[number % bodies.count]),
            authorization: [authorization],
            apiKeyHeader: []
        )
        guard let digest = presented.authentication?.key?.digest,
            case .known(let known) = directory.cached(digest)
        else { return nil }
        let caller = try ClientAuthenticator.authenticate(
            presented.authentication,
            known,
            named: presented.clientID,
            from: nil,
            at: now
        )
        guard case .live(let live) = try check.judge(presented.token, at: now),
            Introspection.mayRead(live.token, caller)
        else { return nil }
        return Introspection.response(live).json
    }
}
