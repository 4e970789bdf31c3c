package import Primitives

/// What the server answered, whatever it was.
package struct AdminResponse: Sendable {
    package let status: Int
    package let body: [UInt8]
    /// Seconds (RFC 9110 §10.2.3); `nil` when it was not said, or as a date.
    package let retryAfter: Int?

    package init(status: Int, body: [UInt8], retryAfter: Int? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The body, when it is strict JSON.
    package var json: JSONValue? { try? JSONValue(parsing: body, maximumDepth: 32, rejectingNUL: false) }
}
