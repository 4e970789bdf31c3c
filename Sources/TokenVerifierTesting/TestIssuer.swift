import JOSE
import OAuth
import Primitives
import Synchronization
public import TokenVerifier

/// An issuer for tests, with a key of its own.
///
/// It mints tokens as Tokenbooth does, and publishes its documents to whatever verifier has it as its
/// ``/TokenVerifier/DocumentSource``. Nothing leaves the process.
///
///     let issuer = try TestIssuer()
///     let verifier = try await issuer.verifier(audience: "https://api.example")
///     let token = try issuer.token(audience: "https://api.example", groups: ["finance"])
public final class TestIssuer: Sendable {
    /// `iss` of its tokens.
    public let issuer: String
    private let key: SigningKey
    private let state = Mutex(State())

    private struct State {
        var statuses = [UInt8](repeating: 0, count: 1024)
        var used = 0
        var revoked: [String] = []
    }

    /// Makes an issuer with a new ES256 key.
    ///
    /// - Throws: When libcrypto cannot make a key.
    public init(issuer: String = "https://issuer.test") throws {
        self.issuer = issuer
        key = try SigningKey.generate(.es256)
    }

    /// A verifier of the tokens of this issuer.
    ///
    /// - Throws: ``/TokenVerifier/VerifierStartError`` for an audience or an issuer that no configuration may have.
    public func verifier(audience: String) async throws(VerifierStartError) -> AccessTokenVerifier {
        try await AccessTokenVerifier(
            VerifierConfiguration(issuer: issuer, audience: audience),
            documents: self
        )
    }

    /// Mints a signed access token (RFC 9068 §2).
    ///
    /// - Parameters:
    ///   - audience: `aud`.
    ///   - subject: `sub`; by default that of ``clientID``.
    ///   - claims: Further claims, or others in place of those named here.
    ///   - lifetime: Seconds from now to `exp`; negative for a token that has expired.
    /// - Throws: When libcrypto cannot sign.
    public func token(
        audience: String,
        subject: String? = nil,
        clientID: String = "key_test",
        scopes: [String] = [],
        roles: [String] = [],
        groups: [String] = [],
        claims: [(name: String, value: ClaimValue)] = [],
        lifetime: Int = 300
    ) throws -> String {
        let now = VerifierClock.system.read().now
        let start = min(now, now.advanced(by: Int64(lifetime) - 300))
        var object = JSONObject([
            ("iss", .string(issuer)),
            ("sub", .string(subject ?? clientID)),
            ("aud", .string(audience)),
            ("client_id", .string(clientID)),
            ("iat", .number(JSONNumber(start.seconds))),
            ("exp", .number(JSONNumber(now.advanced(by: Int64(lifetime)).seconds))),
            ("jti", .string(Self.text(Base64URL.encode(SystemRandom.bytes(16))))),
            ("token_type", .string("Bearer")),
            ("status", status()),
        ])
        if !scopes.isEmpty { object["scope"] = .string(scopes.joined(separator: " ")) }
        if !roles.isEmpty { object["roles"] = .array(roles.map { .string($0) }) }
        if !groups.isEmpty { object["groups"] = .array(groups.map { .string($0) }) }
        for claim in claims { object[claim.name] = claim.value.json }
        return Self.text(try sign(object, type: "at+jwt"))
    }

    /// Puts a token on the list of revoked tokens; a verifier knows it after its next fetch, or
    /// ``/TokenVerifier/AccessTokenVerifier/refresh()``.
    ///
    /// - Parameter token: As it was minted here.
    public func revoke(_ token: String) {
        guard let jti = Self.claims(of: token)?["jti"]?.string else { return }
        state.withLock { $0.revoked.append(jti) }
    }

    /// Disables the key of a token (SUSPENDED), or revokes it (INVALID), as ``revoke(_:)`` does a single token.
    ///
    /// Every token of this issuer counts as one of another key.
    ///
    /// - Parameter token: As it was minted here.
    public func endKey(of token: String, isSuspended: Bool = false) {
        let status = Self.claims(of: token)?["status"]?.object?["status_list"]?.object
        guard let index = status?["idx"]?.integer.flatMap({ Int(exactly: $0) }) else { return }
        state.withLock { state in
            guard state.statuses.indices.contains(index / 4) else { return }
            let shift = UInt8(truncatingIfNeeded: index % 4 * 2)
            state.statuses[index / 4] &= ~(3 << shift)
            state.statuses[index / 4] |= (isSuspended ? 2 : 1) << shift
        }
    }

    /// The next free place in its one list; after 4096 tokens they share places.
    private func status() -> JSONValue {
        let index = state.withLock { state in
            defer { state.used += 1 }
            return state.used % (state.statuses.count * 4)
        }
        let reference = JSONObject([
            ("idx", .number(JSONNumber(Int64(index)))), ("uri", .string(listAddress)),
        ])
        return .object(JSONObject([("status_list", .object(reference))]))
    }

    private var listAddress: String { issuer + "/oauth2/status-lists/AAAAAAAAAAE" }

    private func sign(_ claims: JSONObject, type: String) throws -> [UInt8] {
        var token = KnownHeaders.segment(algorithm: key.algorithm, type: type, kid: key.kid)
        Base64URL.append(JSONValue.object(claims).serialized, to: &token)
        try SigningContext(key).signAppending(&token)
        return token
    }

    private static func claims(of token: String) -> JSONObject? {
        guard let jws = try? CompactJWS(parsing: Array(token.utf8)) else { return nil }
        return (try? JSONValue(parsing: jws.payload))?.object
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension TestIssuer: DocumentSource {
    /// There is no such document.
    struct NotFound: Error {}

    /// Its key set, its status list, or its list of revoked tokens, as they are now.
    public func fetch(_ request: DocumentRequest) async throws -> FetchedDocument {
        switch request.url {
        case issuer + "/oauth2/jwks":
            let bytes = JWKSet([key.publicKey.jwk]).serialized
            return .document(bytes, entityTag: nil, maximumAge: 300)
        case listAddress:
            let statuses = state.withLock { $0.statuses }
            guard let compressed = Zlib.compress(statuses) else { throw NotFound() }
            let list = JSONObject([
                ("bits", .number(JSONNumber(2))), ("lst", .string(Self.text(Base64URL.encode(compressed)))),
            ])
            return try signedList(request.url, type: "statuslist+jwt", ("status_list", .object(list)))
        case issuer + "/oauth2/revocations":
            let revoked = state.withLock { $0.revoked }
            let identifiers = JSONValue.array(revoked.map { .string($0) })
            return try signedList(request.url, type: "revocations+jwt", ("jtis", identifiers))
        default: throw NotFound()
        }
    }

    private func signedList(
        _ address: String,
        type: String,
        _ contents: (String, JSONValue)
    ) throws -> FetchedDocument {
        let now = VerifierClock.system.read().now
        let claims = JSONObject([
            ("iss", .string(issuer)), ("sub", .string(address)),
            ("iat", .number(JSONNumber(now.seconds))),
            ("exp", .number(JSONNumber(now.advanced(by: 300).seconds))),
            ("ttl", .number(JSONNumber(30))),
            contents,
        ])
        return .document(try sign(claims, type: type), entityTag: nil, maximumAge: nil)
    }
}
