package import OAuth
import Primitives

/// One HTTP response before it is bytes: whoever makes it knows nothing of the connection.
package struct Answer: Sendable {
    package var status: Int
    /// Header lines as they go out, each ended by CRLF; without length, date, request id and connection.
    package var fields: [UInt8]
    package var body: [UInt8]
    /// The connection ends after this answer.
    package var closes = false
    /// For the access log and the metrics, never for the wire.
    package var note = Note()

    package struct Note: Sendable {
        package var clientID: KeyID?
        package var error: String?
        package var detail: String?
    }

    package init(status: Int, fields: [UInt8] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    package init(status: Int, contentType: StaticString, body: [UInt8] = []) {
        self.init(status: status, body: body)
        append("Content-Type", contentType)
    }

    package mutating func append(_ name: StaticString, _ value: StaticString) {
        fields.append(ascii: name)
        fields.append(ascii: ": ")
        fields.append(ascii: value)
        fields.append(ascii: "\r\n")
    }

    /// A value made at run time; what could end the line is left out, so that none can split a response.
    package mutating func append(_ name: StaticString, value: String) {
        fields.append(ascii: name)
        fields.append(ascii: ": ")
        let bytes = value.utf8.span
        for index in bytes.indices where bytes[index] >= 0x20 && bytes[index] != 0x7F {
            fields.append(bytes[index])
        }
        fields.append(ascii: "\r\n")
    }

    /// Appends the head of the response, the empty line behind it included (RFC 9112 §4).
    ///
    /// - Parameters:
    ///   - keepsAlive: Whether the connection stays open.
    ///   - isHTTP10: An HTTP/1.0 client must be told when it stays open.
    func appendHead(
        to head: inout [UInt8],
        date: [UInt8],
        requestID: [UInt8],
        keepsAlive: Bool,
        isHTTP10: Bool
    ) {
        head.append(ascii: "HTTP/1.1 ")
        JSONText.appendInteger(Int64(status), to: &head)
        head.append(UInt8(ascii: " "))
        head.append(ascii: Self.reason(status))
        head.append(ascii: "\r\nDate: ")
        head += date
        head.append(ascii: "\r\nX-Request-Id: ")
        head += requestID
        head.append(ascii: "\r\n")
        head += fields
        if hasLength {
            head.append(ascii: "Content-Length: ")
            JSONText.appendInteger(Int64(body.count), to: &head)
            head.append(ascii: "\r\n")
        }
        if !keepsAlive {
            head.append(ascii: "Connection: close\r\n\r\n")
        } else if isHTTP10 {
            head.append(ascii: "Connection: keep-alive\r\n\r\n")
        } else {
            head.append(ascii: "\r\n")
        }
    }

    /// Whether this status has a body at all, were it an empty one (RFC 9110 §6.4.1).
    var hasLength: Bool { status != 304 && status != 204 }

    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        default: "Response"
        }
    }
}
