package import Primitives

/// Why a published key, or a set of them, was not taken.
package enum JWKError: Error, Sendable, CustomStringConvertible {
    case notJSON(JSONError)
    case notAnObject
    case privateMember(String)
    case unsupportedKeyType
    case unsupportedCurve
    case unsupportedAlgorithm
    case algorithmMismatch
    case notForSignatures
    case invalidMember(String)
    case weakRSA(RSAWeakness)
    /// Numbers of the right form that make no key: a point off its curve, for one.
    case notAKey
    case repeatedKeyID(String)

    package var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .notAnObject: "not a JSON object"
        case .privateMember(let name): "the private member \(name) was published"
        case .unsupportedKeyType: "unsupported kty"
        case .unsupportedCurve: "unsupported crv"
        case .unsupportedAlgorithm: "unsupported alg"
        case .algorithmMismatch: "alg does not fit kty"
        case .notForSignatures: "use or key_ops do not allow to verify"
        case .invalidMember(let name): "\(name) is missing or malformed"
        case .weakRSA(let weakness): weakness.description
        case .notAKey: "the numbers make no valid public key"
        case .repeatedKeyID: "two keys have the same kid"
        }
    }
}
