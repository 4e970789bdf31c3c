package import OAuth

/// A grant that was judged and allowed: only ``TokenEndpoint`` makes one, and only from one is a token minted.
package struct AuthorizedGrant: Sendable {
    package let grantType: GrantType
    package let client: Client
    package let shape: TokenShape
    /// Until when the token lives: its lifetime from now, or the key's own expiry if that comes first.
    package let expiresAt: NumericDate
    /// Where the status of the grant stands that the token belongs to: the key, or a refresh family.
    package let status: StatusReference?

    init(
        grantType: GrantType,
        client: Client,
        shape: TokenShape,
        expiresAt: NumericDate,
        status: StatusReference?
    ) {
        self.grantType = grantType
        self.client = client
        self.shape = shape
        self.expiresAt = expiresAt
        self.status = status
    }
}
