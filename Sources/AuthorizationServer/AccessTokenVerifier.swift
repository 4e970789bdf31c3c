import JOSE
package import OAuth
import Primitives

/// Checks an access token of our own (RFC 9068 §4), for the resource server that we are ourselves: the admin API.
package struct AccessTokenVerifier: Sendable {
    let issuer: String
    let ring: KeyRing

    package init(issuer: String, ring: KeyRing) {
        self.issuer = issuer
        self.ring = ring
    }

    /// The claims of a token that is genuine, ours, for this audience and not expired.
    package struct Claims: Sendable {
        package let client: KeyID
        package let scope: [String]
        package let expiresAt: NumericDate
    }

    /// Why a token is not accepted: for the log; the client is told no more than `invalid_token`.
    package struct Refusal: Error, Sendable {
        package let reason: String
    }

    /// - Parameters:
    ///   - audience: What `aud` must be, alone.
    ///   - now: A token is refused from its `exp` on; this node's own clock has no skew against itself.
    package func verify(
        _ token: [UInt8],
        audience: String,
        at now: NumericDate
    ) throws(Refusal) -> Claims {
        let claims = try signedClaims(token)
        guard let issuer = claims["iss"]?.string, bytesEqual(issuer, self.issuer) else {
            throw Refusal(reason: "iss is not this issuer")
        }
        guard let aud = claims["aud"]?.string, bytesEqual(aud, audience) else {
            throw Refusal(reason: "aud is not \(audience)")
        }
        guard let issuedAt = claims["iat"]?.integer, issuedAt <= now.seconds,
            let expiresAt = claims["exp"]?.integer, expiresAt > now.seconds
        else { throw Refusal(reason: "expired, or iat and exp are missing") }
        guard claims["act"] == nil, claims["cnf"] == nil else {
            throw Refusal(reason: "act or cnf is present")
        }
        guard let client = claims["client_id"]?.string.flatMap({ KeyID(parsing: $0) }) else {
            throw Refusal(reason: "client_id is not a key id")
        }
        return Claims(
            client: client,
            scope: claims["scope"]?.string?.split(separator: " ").map(String.init) ?? [],
            expiresAt: NumericDate(expiresAt)
        )
    }

    private func signedClaims(_ token: [UInt8]) throws(Refusal) -> JSONObject {
        do {
            let jws = try CompactJWS(parsing: token)
            guard let type = jws.type, bytesEqual(type, "at+jwt") || bytesEqual(type, "JWT") else {
                throw Refusal(reason: "typ is not that of an access token")
            }
            guard let kid = jws.kid, let key = ring.verificationKey(kid) else {
                throw Refusal(reason: "kid is not of a published key")
            }
            let verified = try jws.verified(by: key)
            guard case .object(let claims) = try JSONValue(parsing: verified.payload) else {
                throw Refusal(reason: "the claims are not a JSON object")
            }
            return claims
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(reason: "not a JWS of ours: \(error)")
        }
    }
}
