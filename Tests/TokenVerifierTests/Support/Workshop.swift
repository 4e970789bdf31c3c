import JOSE
import OAuth
import Primitives
import Synchronization
import TokenVerifier

/// A clock that stands still until it is moved.
final class HandClock: Sendable {
    static let start: Int64 = 1_700_000_000
    private let moment = Mutex(Moment(now: NumericDate(start), uptime: 1_000_000))

    var clock: VerifierClock { VerifierClock { self.moment.withLock { $0 } } }
    var now: Int64 { moment.withLock { $0.now.seconds } }

    func advance(_ seconds: Int64) {
        moment.withLock { moment in
            moment.now = moment.now.advanced(by: seconds)
            moment.uptime += seconds * 1000
        }
    }
}

/// An issuer whose every document is made by hand; what it serves can be replaced by anything.
final class Workshop: DocumentSource {
    struct Away: Error {}

    private struct State {
        var keys: [SigningKey]
        var revoked: [String] = []
        var statuses = [UInt8](repeating: 0, count: 64)
        var replaced: [String: [UInt8]] = [:]
        var isAway = false
        var keepsUnchanged = false
        var fetches: [String] = []
    }

    static let issuer = "https://auth.example"
    static let audience = "https://api.example"
    static let list = issuer + "/oauth2/status-lists/AAAAAAAAAAE"
    static let revocations = issuer + "/oauth2/revocations"
    static let jwks = issuer + "/oauth2/jwks"

    let time = HandClock()
    let key: SigningKey
    private let state: Mutex<State>

    init(_ algorithm: JWSAlgorithm = .es256) throws {
        key = try SigningKey.generate(algorithm)
        state = Mutex(State(keys: [key]))
    }

    // MARK: What it serves

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    /// Whether an entity tag that fits is answered with 304.
    func keepUnchanged() { state.withLock { $0.keepsUnchanged = true } }
    func publish(_ keys: [SigningKey]) { state.withLock { $0.keys = keys } }
    func revoke(_ jti: String) { state.withLock { $0.revoked.append(jti) } }
    func set(_ index: Int, to value: UInt8) {
        state.withLock { $0.statuses[index / 4] |= value << UInt8(index % 4 * 2) }
    }
    /// Serves these bytes from now on; `nil` for what it would serve itself.
    func replace(_ address: String, by bytes: [UInt8]?) { state.withLock { $0.replaced[address] = bytes } }
    /// How often an address was asked for.
    func fetches(_ address: String) -> Int {
        state.withLock { state in state.fetches.count { $0 == address } }
    }
    /// The addresses in the order in which they were asked for.
    var allFetches: [String] { state.withLock { $0.fetches } }

    func fetch(_ request: DocumentRequest) async throws -> FetchedDocument {
        // Others may ask meanwhile.
        await Task.yield()
        let (isAway, replaced, keeps) = state.withLock { state in
            state.fetches.append(request.url)
            return (state.isAway, state.replaced[request.url], state.keepsUnchanged)
        }
        guard !isAway else { throw Away() }
        if keeps, request.entityTag != nil { return .notModified(maximumAge: 300) }
        return .document(try replaced ?? document(request.url), entityTag: "\"1\"", maximumAge: 300)
    }

    /// What it serves by itself.
    func document(_ address: String, signedBy other: SigningKey? = nil) throws -> [UInt8] {
        let state = state.withLock { (keys: $0.keys, statuses: $0.statuses, revoked: $0.revoked) }
        switch address {
        case Self.jwks: return JWKSet(state.keys.map(\.publicKey.jwk)).serialized
        case Self.list: return try statusList(state.statuses, key: other)
        case Self.revocations: return try revocationList(state.revoked, key: other)
        default: throw Away()
        }
    }

    // MARK: What it signs

    func sign(
        _ claims: String,
        type: String = "at+jwt",
        header: String? = nil,
        key other: SigningKey? = nil
    ) throws -> [UInt8] {
        let key = other ?? key
        let usual = #"{"alg":"\#(key.algorithm.rawValue)","typ":"\#(type)","kid":"\#(key.kid)"}"#
        var token = CompactJWS.signingInput(
            header: Array((header ?? usual).utf8),
            payload: Array(claims.utf8)
        )
        try SigningContext(key).signAppending(&token)
        return token
    }

    /// The claims of a good token, with some replaced by JSON text, added or, for `nil`, left out.
    func claims(_ changes: [(String, String?)] = []) -> String {
        var members: [(String, String)] = [
            ("iss", "\"\(Self.issuer)\""), ("sub", #""alice""#), ("aud", "\"\(Self.audience)\""),
            ("client_id", #""key_1""#), ("iat", "\(time.now)"), ("exp", "\(time.now + 300)"),
            ("jti", "\"\(Self.jti(1))\""), ("scope", #""read write""#), ("roles", #"["teller"]"#),
            ("groups", #"["finance","audit"]"#),
            ("status", #"{"status_list":{"idx":5,"uri":"\#(Self.list)"}}"#),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    func token(_ changes: [(String, String?)] = [], key: SigningKey? = nil) throws -> String {
        String(decoding: try sign(claims(changes), key: key), as: UTF8.self)
    }

    static func jti(_ number: UInt8) -> String {
        String(decoding: Base64URL.encode([UInt8](repeating: number, count: 16)), as: UTF8.self)
    }

    /// The claims that every signed list has, `more` behind them.
    func listClaims(_ address: String, _ more: String, iat: Int64? = nil, ttl: Int64 = 30) -> String {
        let iat = iat ?? time.now
        return """
            {"iss":"\(Self.issuer)","sub":"\(address)","iat":\(iat),"exp":\(iat + 300),"ttl":\(ttl),\(more)}
            """
    }

    func statusList(_ statuses: [UInt8], bits: Int = 2, key: SigningKey? = nil) throws -> [UInt8] {
        let text = Base64URL.encode(Zlib.compress(statuses) ?? [])
        let lst = String(decoding: text, as: UTF8.self)
        let more = #""status_list":{"bits":\#(bits),"lst":"\#(lst)"}"#
        return try sign(listClaims(Self.list, more), type: "statuslist+jwt", key: key)
    }

    func revocationList(
        _ revoked: [String],
        iat: Int64? = nil,
        at address: String = Workshop.revocations,
        next: String? = nil,
        key: SigningKey? = nil
    ) throws -> [UInt8] {
        let jtis = revoked.map { "\"\($0)\"" }.joined(separator: ",")
        let more = (next.map { "\"next\":\"\($0)\"," } ?? "") + "\"jtis\":[\(jtis)]"
        return try sign(listClaims(address, more, iat: iat), type: "revocations+jwt", key: key)
    }

    // MARK: Who reads it

    func verifier(
        _ change: (inout VerifierConfiguration) -> Void = { _ in }
    ) async throws -> AccessTokenVerifier {
        var configuration = VerifierConfiguration(issuer: Self.issuer, audience: Self.audience)
        change(&configuration)
        return try await AccessTokenVerifier(configuration, documents: self, clock: time.clock)
    }
}

/// The refusal of a token; `nil` when it is good.
func refusal(_ token: String, by verifier: AccessTokenVerifier) async -> TokenRefusal? {
    do throws(TokenRefusal) {
        _ = try await verifier.verify(token)
        return nil
    } catch { return error }
}

/// Whether a refusal is ``TokenRefusal/malformed(_:)``, whatever its text.
func isMalformed(_ refusal: TokenRefusal?) -> Bool {
    if case .malformed? = refusal { true } else { false }
}

func isMalformed(_ token: String, by verifier: AccessTokenVerifier) async -> Bool {
    isMalformed(await refusal(token, by: verifier))
}
