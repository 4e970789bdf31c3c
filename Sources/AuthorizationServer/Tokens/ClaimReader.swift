import OAuth
import Primitives

/// The claims of a JWT that our key has signed, read without trusting them to be an access token's (RFC 9068 §2.2).
struct ClaimReader {
    private let claims: JSONObject

    init(_ claims: JSONObject) { self.claims = claims }

    private func fault(_ reason: String) -> TokenRefusal { TokenRefusal(reason: reason) }

    func requireIssuer(_ issuer: String) throws(TokenRefusal) {
        guard let name = claims["iss"]?.string, bytesEqual(name, issuer) else {
            throw fault("iss is not this issuer")
        }
    }

    /// Tokens of ours are bound to nobody; one that is needs a proof that nobody asks for here.
    func refuseBinding() throws(TokenRefusal) {
        guard claims["cnf"] == nil else { throw fault("cnf is present") }
    }

    /// `iat`, `nbf` and `exp` are whole seconds; what is longer than any lifetime of ours is not ours.
    ///
    /// A token is over from its `exp` and the `leeway` on. An `iat` may be ahead by as much as the clock may go back without being refused: tokens of the time before.
    func dates(
        at now: NumericDate,
        leeway: Int64,
        notBefore: NumericDate?
    ) throws(TokenRefusal) -> (issuedAt: NumericDate, expiresAt: NumericDate) {
        guard let issuedAt = claims["iat"]?.integer.map({ NumericDate($0) }),
            let expiresAt = claims["exp"]?.integer.map({ NumericDate($0) })
        else { throw fault("iat or exp is not an integer") }
        guard issuedAt.seconds >= 0, issuedAt <= now.advanced(by: ClockGuard.tolerance) else {
            throw fault("iat is in the future")
        }
        guard now < expiresAt.advanced(by: leeway) else { throw fault("expired") }
        guard issuedAt < expiresAt else { throw fault("exp is not after iat") }
        guard expiresAt <= issuedAt.advanced(by: Int64(TokenPolicy.range.upperBound)) else {
            throw fault("exp is too far from iat")
        }
        if let claim = claims["nbf"] {
            guard let start = claim.integer, start >= 0, start <= now.seconds else {
                throw fault("nbf is no time that has come")
            }
        }
        if let notBefore, issuedAt < notBefore { throw fault("issued before the database was restored") }
        return (issuedAt, expiresAt)
    }

    func client() throws(TokenRefusal) -> KeyID {
        guard let client = claims["client_id"]?.string.flatMap({ KeyID(parsing: $0) }) else {
            throw fault("client_id is not a key id")
        }
        guard let subject = claims["sub"]?.string, !subject.isEmpty else { throw fault("sub is missing") }
        guard claims["scope"].map({ $0.string != nil }) ?? true else { throw fault("scope is not a text") }
        return client
    }

    func tokenID() throws(TokenRefusal) -> TokenID {
        guard let id = claims["jti"]?.string.flatMap({ TokenID(jti: $0) }) else {
            throw fault("jti is not 128 bits")
        }
        return id
    }

    func project() throws(TokenRefusal) -> ProjectID {
        guard let project = claims["project"]?.string.flatMap({ ProjectID(parsing: $0) }) else {
            throw fault("project is not a project id")
        }
        return project
    }

    /// One text, or an array of at least one (RFC 7519 §4.1.3).
    func audiences() throws(TokenRefusal) -> [String] {
        switch claims["aud"] {
        case .string(let audience) where !audience.isEmpty: return [audience]
        case .array(let elements):
            let audiences = elements.compactMap(\.string)
            guard !audiences.isEmpty, audiences.count == elements.count,
                audiences.allSatisfy({ !$0.isEmpty })
            else { throw fault("aud is not an array of texts") }
            return audiences
        default: throw fault("aud is missing or no text")
        }
    }

    /// `status.status_list` (draft-ietf-oauth-status-list §6.1).
    ///
    /// - Parameter prefix: The list's URI without its identifier.
    func status(listsUnder prefix: String) throws(TokenRefusal) -> StatusReference? {
        guard let claim = claims["status"] else { return nil }
        guard let entry = claim.object?["status_list"]?.object, let index = entry["idx"]?.integer,
            let uri = entry["uri"]?.string, uri.utf8.starts(with: prefix.utf8),
            let list = StatusListID(text: Array(uri.utf8.dropFirst(prefix.utf8.count))),
            let reference = StatusReference(list: list, index: index)
        else { throw fault("status names no list of ours") }
        return reference
    }

    /// The length of the chain of `act` (RFC 8693 §4.1).
    func actors(atMost limit: Int) throws(TokenRefusal) -> Int {
        var claim = claims["act"]
        var count = 0
        while let current = claim {
            count += 1
            guard count <= limit, let actor = current.object, actor["sub"]?.string?.isEmpty == false else {
                throw fault("act is no chain of at most \(limit) actors")
            }
            claim = actor["act"]
        }
        return count
    }
}
