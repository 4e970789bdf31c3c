package import JOSE
package import OAuth
import Primitives

/// Makes access tokens (RFC 9068) from authorized grants: claims as bytes, then one signature.
///
/// One per event loop: it keeps signing contexts and random bytes that must not be shared.
package final class TokenMinter {
    /// One active key, ready to sign, with the JOSE headers of its tokens made once.
    private final class Signer {
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

    private let issuer: String
    private let signers: [Signer]
    private var random = RandomBlock()
    /// Of the shapes that come again; when there are too many, the table starts anew.
    private var beginnings: [TokenBeginning.Key: TokenBeginning] = [:]
    private static let beginningCapacity = 1024
    /// Room for the claims of the token in hand, and for the name of its client.
    private var room: (claims: [UInt8], name: [UInt8]) = ([], [])

    /// - Parameter issuer: Where the status lists are that the tokens name.
    /// - Throws: ``KeyError`` when libcrypto has no memory for the contexts.
    package init(_ ring: KeyRing, issuer: String) throws(KeyError) {
        self.issuer = issuer
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
        let list = grant.status?.list
        let beginning = grant.shape.isLasting ? beginning(grant.shape, list, signer) : nil
        // Taken out and put back, so that what is appended is not checked each time for who else appends.
        var room: (claims: [UInt8], name: [UInt8]) = ([], [])
        swap(&room, &self.room)
        defer { swap(&room, &self.room) }
        room.claims.removeAll(keepingCapacity: true)
        room.claims += beginning?.rest ?? TokenBeginning.claims(grant.shape, list, issuer: issuer)
        room.name.removeAll(keepingCapacity: true)
        grant.client.id.append(to: &room.name)
        appendOwnClaims(of: grant, named: room.name, at: now, to: &room.claims)
        let start = beginning?.text ?? signer.header(grant.shape.type)
        let closing = TokenResponse.closingLength(
            grant.shape.scope,
            isExchange: grant.grantType != .clientCredentials
        )
        var begun = begin(start, claims: room.claims, closing: closing, signer)
        try signer.context.signAppending(
            &begun,
            from: TokenResponse.opening.count,
            hashed: beginning?.hashed
        )
        return TokenResponse(
            begun: begun,
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
        json.append(ascii: ",\"client_id\":\"")
        grant.client.id.append(to: &json)
        json.append(ascii: "\"")
        // The claim `status` stands there already.
        appendLife(from: now, to: grant.expiresAt, to: &json)
        let closing = TokenResponse.closingLength(grant.scope, isExchange: true)
        var begun = begin(signer.header(grant.type), claims: json, closing: closing, signer)
        try signer.context.signAppending(&begun, from: TokenResponse.opening.count)
        return TokenResponse(
            begun: begun,
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

    /// An answer as far as the claims of its token, with room for the rest.
    ///
    /// - Parameter length: Bytes of the answer behind the token.
    private func begin(
        _ start: [UInt8],
        claims: [UInt8],
        closing length: Int,
        _ signer: Signer
    ) -> [UInt8] {
        var begun: [UInt8] = []
        begun.reserveCapacity(
            TokenResponse.opening.count + start.count + claims.count * 4 / 3 + 2
                + signer.context.appendedLength + length
        )
        begun += TokenResponse.opening
        begun += start
        Base64URL.append(claims, to: &begun)
        return begun
    }

    private func beginning(_ shape: TokenShape, _ list: StatusListID?, _ signer: Signer) -> TokenBeginning {
        let key = TokenBeginning.Key(shape, list)
        if let beginning = beginnings[key] { return beginning }
        let beginning = TokenBeginning(
            shape,
            header: signer.header(shape.type),
            claims: TokenBeginning.claims(shape, list, issuer: issuer)
        )
        if beginnings.count >= Self.beginningCapacity { beginnings.removeAll() }
        beginnings[key] = beginning
        return beginning
    }

    /// RFC 9068 §2.2.
    private func appendOwnClaims(
        of grant: AuthorizedGrant,
        named name: [UInt8],
        at now: NumericDate,
        to json: inout [UInt8]
    ) {
        if let status = grant.status {
            JSONText.appendInteger(Int64(status.index), to: &json)
            json.append(ascii: "}},\"client_id\":\"")
        } else {
            json.append(ascii: "\"client_id\":\"")
        }
        json += name
        json.append(ascii: "\",\"sub\":")
        if let subject = grant.client.subject {
            JSONText.appendString(String(decoding: subject, as: UTF8.self), to: &json)
        } else {
            json.append(UInt8(ascii: "\""))
            json += name
            json.append(UInt8(ascii: "\""))
        }
        appendLife(from: now, to: grant.expiresAt, to: &json)
    }

    /// The last members of the claims and the closing brace; `jti` is 128 random bits.
    private func appendLife(from now: NumericDate, to end: NumericDate, to json: inout [UInt8]) {
        json.append(ascii: ",\"iat\":")
        JSONText.appendInteger(now.seconds, to: &json)
        json.append(ascii: ",\"exp\":")
        JSONText.appendInteger(end.seconds, to: &json)
        json.append(ascii: ",\"jti\":\"")
        random.append(16, base64URLTo: &json)
        json.append(ascii: "\"}")
    }
}
