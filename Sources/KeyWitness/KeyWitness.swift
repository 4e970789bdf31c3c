package import JOSE

/// The self-check of a signing key before it may become active.
///
/// A bug in our signing code, a broken CPU or a key that was mixed up shows here, and not first at every
/// resource server. The probe never leaves memory: it has expired since 1970 and is for nobody.
package enum KeyWitness {
    private static let payload = Array(#"{"aud":"urn:tokenbooth:probe","exp":0}"#.utf8)

    /// Has a probe signed, and has another implementation judge it: it must accept the probe, and refuse it with
    /// one bit flipped in the payload and with one bit flipped in the signature.
    ///
    /// - Parameter signer: Makes the signature over a message as tokens get theirs, in the form of RFC 7515.
    /// - Returns: Which implementation accepted.
    /// - Throws: ``WitnessRefusal``; the key must not sign.
    package static func examine(
        _ key: SigningKey, signer: (_ message: [UInt8]) throws -> [UInt8]
    ) throws(WitnessRefusal) -> Witness {
        // A kid of ours is base64url and an alg is a registered name: neither needs an escape.
        let header = Array(#"{"alg":"\#(key.algorithm.rawValue)","typ":"JWT","kid":"\#(key.kid)"}"#.utf8)
        let input = CompactJWS.signingInput(header: header, payload: payload)
        let signature: [UInt8]
        do { signature = try signer(input) } catch { throw .signerFailed(kid: key.kid) }

        let witness = Witness(for: key.algorithm)
        func accepts(_ input: [UInt8], _ signature: [UInt8]) -> Bool {
            witness.accepts(CompactJWS.compact(signingInput: input, signature: signature), as: key.publicKey)
        }
        guard accepts(input, signature) else { throw .refused(by: witness, kid: key.kid) }

        // The last bit of the digit in `"exp":0`: the payload is valid JSON still, so only the signature can object.
        let altered = CompactJWS.signingInput(header: header, payload: flipped(payload, at: payload.count - 2))
        guard !accepts(altered, signature) else { throw .acceptsAltered("payload", by: witness, kid: key.kid) }
        for index in [0, signature.count - 1] {
            guard !accepts(input, flipped(signature, at: index)) else {
                throw .acceptsAltered("signature", by: witness, kid: key.kid)
            }
        }
        return witness
    }

    private static func flipped(_ bytes: [UInt8], at index: Int) -> [UInt8] {
        var bytes = bytes
        if bytes.indices.contains(index) { bytes[index] ^= 1 }
        return bytes
    }
}

/// Why a key may not sign.
package enum WitnessRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case signerFailed(kid: String)
    case refused(by: Witness, kid: String)
    /// The witness proves nothing: it accepted what was never signed.
    case acceptsAltered(String, by: Witness, kid: String)

    package var description: String {
        switch self {
        case .signerFailed(let kid): "the key \(kid) could not sign a probe"
        case .refused(let witness, let kid):
            "\(witness) refused a probe signed with the key \(kid); the key must not be used"
        case .acceptsAltered(let part, let witness, let kid):
            "\(witness) accepted a probe of the key \(kid) whose \(part) had been altered; the check is worthless"
        }
    }
}
