package import OAuth

/// Whether a credential is good, for every endpoint that asks for one (RFC 6749 §2.3).
package enum ClientAuthenticator {
    /// Judges the one method that a request used.
    ///
    /// - Parameters:
    ///   - client: Whose API key it is; `nil` for a key that nobody has.
    ///   - clientID: `client_id` of the body.
    ///   - referrer: The page that it comes from, where tokens are issued.
    /// - Throws: `invalid_client`, also without any credential; `invalid_request` for another's `client_id`.
    package static func authenticate(
        _ authentication: ClientAuthentication?,
        _ client: Client?,
        named clientID: [UInt8]?,
        from address: IPAddress?,
        referrer: Referrer = .notAsked,
        at now: NumericDate
    ) throws(OAuthError) -> Client {
        guard let authentication else { throw ClientRefusal.error("no credential was sent", of: nil) }
        return try accept(
            client,
            named: clientID,
            userName: authentication.userName,
            from: address,
            referrer: referrer,
            at: now
        )
    }

    /// All refusals of a credential are one refusal to whoever sent it; the log is told which it was.
    package static func accept(
        _ client: Client?,
        named clientID: [UInt8]? = nil,
        userName: [UInt8]? = nil,
        from address: IPAddress?,
        referrer: Referrer,
        at now: NumericDate
    ) throws(OAuthError) -> Client {
        guard let client else { throw ClientRefusal.error("no such key", of: nil) }
        guard client.isEnabled else { throw ClientRefusal.error("disabled or revoked", of: client) }
        if let expiresAt = client.expiresAt, now >= expiresAt {
            throw ClientRefusal.error("expired", of: client)
        }
        if let secretExpiresAt = client.secretExpiresAt, now >= secretExpiresAt {
            throw ClientRefusal.error("secret of before the last rotation", of: client)
        }
        guard client.policy.allows(address) else {
            throw ClientRefusal.error("address not allowed", of: client)
        }
        guard client.policy.allows(referrer) else {
            throw ClientRefusal.error("referrer not allowed", of: client)
        }
        if let userName, !userName.elementsEqual(client.id.description.utf8) {
            throw ClientRefusal.error("user name of another key", of: client)
        }
        if let clientID, !clientID.elementsEqual(client.id.description.utf8) {
            throw OAuthError(
                .invalidRequest,
                "client_id does not belong to this API key: leave it out or correct it"
            )
        }
        return client
    }
}

/// The one refusal of a credential: who sends it cannot tell which of the causes it was.
package enum ClientRefusal {
    package static let description =
        "no API key was sent that is good here: it must be complete, enabled, not expired, and allowed from this address"

    /// Stands for a key that does not exist: leaving the identifier out would take a measurably shorter time.
    private static let nobody = KeyID(ULID(high: 0, low: 0))

    package static func error(_ cause: String, of client: Client?) -> OAuthError {
        OAuthError(.invalidClient, description, detail: "\(cause): \(client?.id ?? nobody)")
    }
}
