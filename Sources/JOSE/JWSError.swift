/// Why bytes are not a token that this service could have made; for the log, not for the wire.
package enum JWSError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooLarge
    case notThreeSegments
    case notBase64URL
    case malformedHeader
    case unsupportedAlgorithm
    /// `crit`, `b64`, `enc` or `zip`: none of what they ask for is done here.
    case unsupportedHeader(String)
    case nested
    case algorithmMismatch
    case badSignature
    /// A fault of this machine: whether the signature is right is not known.
    case cannotVerify

    package var description: String {
        switch self {
        case .tooLarge: "the token is too long"
        case .notThreeSegments: "the token does not have three segments"
        case .notBase64URL: "a segment is empty or not base64url"
        case .malformedHeader: "the header is malformed"
        case .unsupportedAlgorithm: "alg is missing or not supported"
        case .unsupportedHeader(let name): "the header parameter \(name) is not supported"
        case .nested: "nested tokens are not supported"
        case .algorithmMismatch: "alg is not that of the key"
        case .badSignature: "the signature is wrong"
        case .cannotVerify: "libcrypto could not check the signature"
        }
    }
}
