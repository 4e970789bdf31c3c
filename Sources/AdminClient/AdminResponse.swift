package import Primitives

/// What the server answered, whatever it was.
package struct AdminResponse: Sendable {
    package let status: Int
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    package var isSuccess: Bool { (200..<300).contains(status) }

    /// The body, when it is strict JSON.
    package var json: JSONValue? { try? JSONValue(parsing: body, maximumDepth: 32, rejectingNUL: false) }
}
