import CLibcrypto
import Foundation
package import JOSE
import Primitives

/// Tokens that everybody can make: without a signature, or with a MAC whose secret is the public key.
package struct UnsignedTokens {
    package typealias Named = (name: String, token: [UInt8])

    private let claims: [UInt8]
    private let header: (String?) -> String

    /// - Parameters:
    ///   - claims: Of a good token.
    ///   - header: Of a good token, but with this JSON text for `alg`, or without one.
    package init(claims: String, header: @escaping (String?) -> String) {
        self.claims = Array(claims.utf8)
        self.header = header
    }

    private func input(_ algorithm: String?) -> [UInt8] {
        CompactJWS.signingInput(header: Array(header(algorithm).utf8), payload: claims)
    }

    /// Every spelling of `none`, with nothing where the signature would be, and with something.
    ///
    /// - Parameter signature: Of another token, in base64url.
    package func withoutSignature(or signature: String) -> [Named] {
        let spellings: [String?] = [
            #""none""#, #""None""#, #""nOnE""#, #""NONE""#, #""""#, "null", "0", "[]", nil,
        ]
        return spellings.flatMap { algorithm in
            ["", ".", ".\(signature)"].map { end in
                ("alg \(algorithm ?? "absent") and \(end.prefix(4))", input(algorithm) + Array(end.utf8))
            }
        }
    }

    /// A MAC of each size under each spelling of the key, called by its own name and by that of the key's algorithm.
    package func withMAC(under key: VerificationKey) -> [Named] {
        Self.secrets(key).flatMap { name, secret in
            MAC.allCases.flatMap { mac in
                [mac.rawValue, key.algorithm.rawValue].map { algorithm in
                    let input = input("\"\(algorithm)\"")
                    let tag = mac.tag(input, key: secret)
                    // Of the length of a signature by an elliptic curve.
                    let signature = algorithm == mac.rawValue ? tag : Array((tag + tag).prefix(64))
                    return (
                        "\(mac) under \(name) as \(algorithm)",
                        CompactJWS.compact(signingInput: input, signature: signature)
                    )
                }
            }
        }
    }

    /// What a verifier may hold of a public key, and take for a secret (RFC 8725 §2.1).
    private static func secrets(_ key: VerificationKey) -> [(name: String, bytes: [UInt8])] {
        let pem = key.pem
        let (line, space) = (UInt8(ascii: "\n"), UInt8(ascii: " "))
        let body = String(decoding: pem, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-") }
        var jwk: [UInt8] = []
        key.jwk.append(to: &jwk)
        let members = (try? JSONValue(parsing: jwk))?.object
        let number = members?["x"]?.string ?? members?["n"]?.string ?? ""
        return [
            ("PEM", pem), ("PEM without line end", Array(pem.dropLast())),
            ("PEM and a line end", pem + [line]),
            ("a space and PEM", [space] + pem), ("a line end and PEM", [line] + pem),
            ("DER", Array(Data(base64Encoded: body.joined()) ?? Data())), ("JWK", jwk),
            ("JWK set", JWKSet([key.jwk]).serialized),
            ("x or n", Base64URL.decode(Array(number.utf8)[...]) ?? []), ("nothing", []),
        ]
    }
}

/// The MACs of RFC 7518 §3.2; the product has but one of them.
package enum MAC: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"

    package func tag(_ input: [UInt8], key: [UInt8]) -> [UInt8] {
        let digest =
            switch self {
            case .hs256: unsafe EVP_sha256()
            case .hs384: unsafe EVP_sha384()
            case .hs512: unsafe EVP_sha512()
            }
        var tag = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        _ = unsafe HMAC(digest, key, Int32(key.count), input, input.count, &tag, &count)
        return Array(tag[..<Int(count)])
    }
}
