/// Why a private key was not taken; its description says what to do, and never shows the key.
package enum KeyError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case byteOrderMark
    case carriageReturns
    case notPEM
    case truncated
    case encrypted
    case publicOnly
    case severalKeys
    case unreadable
    case unsupportedType
    case wrongCurve(String)
    case weakRSA(RSAWeakness)
    case inconsistent
    case algorithmMismatch(JWSAlgorithm)
    /// libcrypto refused what it never refuses: out of memory, or configured away.
    case libraryFailure

    package var description: String {
        switch self {
        case .empty: "the key file is empty; restore it or make a new key"
        case .byteOrderMark: "the key file begins with a byte order mark; save it as plain ASCII"
        case .carriageReturns: "the key file has CRLF line ends; convert it, for example with tr -d '\\r'"
        case .notPEM: "the key file has no PEM block; it must hold one unencrypted PKCS#8 private key"
        case .truncated: "the key file ends in the middle of its PEM block; restore it"
        case .encrypted: "the private key is encrypted; decrypt it with openssl pkey and protect the file instead"
        case .publicOnly: "the key file holds no private key, only something public; put the private key there"
        case .severalKeys: "the key file holds more than one PEM block; put one key in each file"
        case .unreadable: "the private key cannot be decoded; restore it"
        case .unsupportedType: "the key is neither EC P-256 nor Ed25519 nor RSA; make one that is"
        case .wrongCurve(let name): "the key is on the curve \(name); only P-256 is used"
        case .weakRSA(let weakness): "\(weakness); make a new key"
        case .inconsistent: "the halves of the key pair do not belong together; restore it"
        case .algorithmMismatch(let algorithm): "the key is of another type than \(algorithm.rawValue) needs"
        case .libraryFailure: "libcrypto failed; see that OpenSSL 3 is complete and memory is left"
        }
    }
}
