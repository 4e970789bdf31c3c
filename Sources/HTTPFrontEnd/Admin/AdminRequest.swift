package import Administration
package import AuthorizationServer
package import OAuth

/// One request to the admin API without its transport: authenticated, bounded, decoded.
package struct AdminRequest: Sendable {
    /// The identifier or name in the path, percent-decoded; `nil` where the path has none.
    package var target: String?
    /// The query, percent-decoded, in its order.
    package var query: [(name: String, value: String)]
    package var contentType: String?
    /// At most the route's limit; the caller sees to that.
    package var body: [UInt8]
    package var administrator: Administrator
    /// The request's one reading of the clock.
    package var now: NumericDate
    package var requestID: String
    /// Where the request came from, after trusted proxies.
    package var address: IPAddress?
    /// The values of `If-Match`.
    package var ifMatch: [String] = []
    /// The values of `Idempotency-Key`.
    package var idempotencyKey: [String] = []

    package init(
        target: String? = nil,
        query: [(name: String, value: String)] = [],
        contentType: String? = nil,
        body: [UInt8] = [],
        administrator: Administrator,
        now: NumericDate,
        requestID: String
    ) {
        self.target = target
        self.query = query
        self.contentType = contentType
        self.body = body
        self.administrator = administrator
        self.now = now
        self.requestID = requestID
    }
}
