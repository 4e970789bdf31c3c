package import JOSE
package import OAuth
import Primitives

/// Makes access tokens (RFC 9068) from authorized grants: claims as bytes, then one signature.
///
/// One per event loop: it keeps signing contexts and random bytes that must not be shared.
package final class TokenMinter {
    /// One active key, ready to sign, with the JOSE headers of its tokens made once.
    private struct Signer {
        let algorithm: JWSAlgorithm
        let context: SigningContext
        let headers: [(type: String, encoded: [UInt8])]

        init(_ key: SigningKey) throws(KeyError) {
            algorithm = key.algorithm
            context = try SigningContext(key)
            headers = AccessToken.types.map { type in
                (type, KnownHeaders.segment(algorithm: key.algorithm, type: type, kid: key.kid))
            }
        }

        /// Of the few types that audiences can have.
        func header(_ type: String) -> [UInt8] {
            headers.first { bytesEqual($0.type, type) }?.encoded ?? headers[0].encoded
        }
    }

    private let signers: [Signer]
    private var random = RandomBlock()
    private var statusClaim: StatusClaim

    /// - Parameter issuer: Where the status lists are that the tokens name.
    /// - Throws: ``KeyError`` when libcrypto has no memory for the contexts.
    package init(_ ring: KeyRing, issuer: String) throws(KeyError) {
        statusClaim = StatusClaim(issuer: issuer)
        var signers: [Signer] = []
        for key in ring.active { signers.append(try Signer(key)) }
        self.signers = signers
    }

    /// The algorithm that a token of this shape is signed with.
    package func algorithm(for shape: TokenShape) -> JWSAlgorithm { signer(for: shape).algorithm }

    private func signer(for shape: TokenShape) -> Signer {
        guard let wanted = shape.algorithm else { return signers[0] }
        return signers.first { bytesEqual($0.algorithm.rawValue, wanted) } ?? signers[0]
    }

    /// - Parameter now: `iat`; the same reading of the clock as the grant's.
    /// - Throws: ``SigningFailure`` when libcrypto fails: a fault, never a refusal.
    package func mint(_ grant: AuthorizedGrant, at now: NumericDate) throws(SigningFailure) -> TokenResponse {
        let signer = signer(for: grant.shape)
        var token = signer.header(grant.shape.type)
        let claims = claims(of: grant, at: now)
        token.reserveCapacity(token.count + claims.count * 4 / 3 + 352)
        Base64URL.append(claims, to: &token)
        try signer.context.signAppending(&token)
        return TokenResponse(
            accessToken: token,
            expiresIn: grant.expiresAt.seconds - now.seconds,
            scope: grant.shape.scope,
            issuedTokenType: grant.grantType == .tokenExchange ? TokenType.accessToken : nil
        )
    }

    /// A token for the subject of another one, of the same form.
    ///
    /// - Throws: ``SigningFailure`` when libcrypto fails.
    package func mint(_ grant: DerivedGrant, at now: NumericDate) throws(SigningFailure) -> TokenResponse {
        let signer = signers.first { $0.algorithm == grant.algorithm } ?? signers[0]
        var json: [UInt8] = []
        grant.claims.serialize(to: &json)
        json.removeLast()
        json.append(ascii: ",\"client_id\":\"key_")
        json += grant.client.id.ulid.text
        json.append(ascii: "\"")
        appendLife(from: now, to: grant.expiresAt, status: nil, to: &json)
        var token = signer.header(grant.type)
        Base64URL.append(json, to: &token)
        try signer.context.signAppending(&token)
        return TokenResponse(
            accessToken: token,
            expiresIn: grant.expiresAt.seconds - now.seconds,
            scope: grant.scope,
            issuedTokenType: TokenType.accessToken
        )
    }

    /// Signs what is no access token, with the default algorithm.
    ///
    /// - Parameters:
    ///   - claims: A JSON object.
    ///   - type: `typ`, by which nobody can take it for an access token.
    /// - Throws: ``SigningFailure`` when libcrypto fails.
    package func sign(_ claims: [UInt8], type: String) throws(SigningFailure) -> [UInt8] {
        let key = signers[0].context.key
        var token = KnownHeaders.segment(algorithm: key.algorithm, type: type, kid: key.kid)
        token.reserveCapacity(token.count + claims.count * 4 / 3 + 352)
        Base64URL.append(claims, to: &token)
        try signers[0].context.signAppending(&token)
        return token
    }

    /// RFC 9068 §2.2; `jti` is 128 random bits.
    private func claims(of grant: AuthorizedGrant, at now: NumericDate) -> [UInt8] {
        let clientID = grant.client.id.ulid.text
        var json = grant.shape.claims
        json.reserveCapacity(json.count + 320)
        json.append(ascii: "\"client_id\":\"key_")
        json += clientID
        json.append(ascii: "\",\"sub\":")
        if let subject = grant.client.subject {
            JSONText.appendString(String(decoding: subject, as: UTF8.self), to: &json)
        } else {
            json.append(ascii: "\"key_")
            json += clientID
            json.append(ascii: "\"")
        }
        appendLife(from: now, to: grant.expiresAt, status: grant.status, to: &json)
        return json
    }

    /// The last members of the claims and the closing brace.
    ///
    /// - Parameter status: `nil` where the claim stands there already.
    private func appendLife(
        from now: NumericDate,
        to end: NumericDate,
        status: StatusReference?,
        to json: inout [UInt8]
    ) {
        json.append(ascii: ",\"iat\":")
        JSONText.appendInteger(now.seconds, to: &json)
        json.append(ascii: ",\"exp\":")
        JSONText.appendInteger(end.seconds, to: &json)
        json.append(ascii: ",\"jti\":\"")
        random.append(16, base64URLTo: &json)
        json.append(ascii: "\"")
        if let status { statusClaim.append(status, to: &json) }
        json.append(ascii: "}")
    }
}
