/// Why a token does not open this door.
public enum TokenRefusal: Error, Sendable, Equatable {
    /// No token of this issuer has this form; the text says what is wrong and holds nothing of the token.
    case malformed(String)
    /// `typ` is none of ``VerifierConfiguration/kinds``.
    case wrongKind
    /// `kid` is of no published key.
    case unknownKey
    /// `alg` is not that of the key.
    case wrongAlgorithm
    /// The key has not signed this.
    case badSignature
    /// `iss` is another.
    case wrongIssuer
    /// `aud` does not have ``VerifierConfiguration/audience``.
    case wrongAudience
    /// `exp` is past, by more than the skew.
    case expired
    /// `nbf` or `iat` is in the future, by more than the skew.
    case notYetValid
    /// The token, its key or its family was revoked.
    case revoked
    /// Its key is disabled.
    case suspended
    /// The token is good, and lacks one of these scopes.
    case insufficientScope([String])
    /// The token is good, and has none of these roles.
    case insufficientRole([String])
    /// The token is good, and is in none of these groups.
    case insufficientGroup([String])
    /// The key set is too old to say whether the token is good.
    case staleKeySet
    /// The lists are too old to say whether the token was revoked.
    case staleStatus
}

extension TokenRefusal: CustomStringConvertible {
    /// What is wrong, in printable ASCII without quotes and backslashes (RFC 6750 §3).
    public var description: String {
        switch self {
        case .malformed(let reason): "the token is malformed: \(reason)"
        case .wrongKind: "the token is of another type"
        case .unknownKey: "the token is signed with an unknown key"
        case .wrongAlgorithm: "the algorithm of the token is not that of its key"
        case .badSignature: "the signature is wrong"
        case .wrongIssuer: "the token is of another issuer"
        case .wrongAudience: "the token is for another audience"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .revoked: "the token was revoked"
        case .suspended: "the token is suspended"
        case .insufficientScope: "the token lacks a scope that is needed here"
        case .insufficientRole: "the token has no role that is needed here"
        case .insufficientGroup: "the token is in no group that is needed here"
        case .staleKeySet, .staleStatus: "whether the token is good cannot be said now"
        }
    }

    /// The status of the response (RFC 6750 §3.1): 401, 403, or 503 when nobody can say now.
    public var httpStatus: Int {
        switch self {
        case .insufficientScope, .insufficientRole, .insufficientGroup: 403
        case .staleKeySet, .staleStatus: 503
        default: 401
        }
    }

    /// `invalid_token` or `insufficient_scope` (RFC 6750 §3.1); `nil` when the token is not at fault.
    public var errorCode: String? {
        switch httpStatus {
        case 401: "invalid_token"
        case 403: "insufficient_scope"
        default: nil
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750 §3); `nil` when the token is not at fault.
    ///
    /// - Parameter realm: Printable ASCII without quotes and backslashes.
    public func challenge(realm: String) -> String? {
        guard let errorCode else { return nil }
        var text = "Bearer realm=\"\(realm)\", error=\"\(errorCode)\", error_description=\"\(description)\""
        if case .insufficientScope(let scopes) = self {
            text += ", scope=\"\(scopes.joined(separator: " "))\""
        }
        return text
    }
}
