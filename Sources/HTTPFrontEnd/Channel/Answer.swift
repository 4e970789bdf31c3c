import NIOCore
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
        package var clientID: String?
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
        fields += value.utf8.lazy.filter { $0 >= 0x20 && $0 != 0x7F }
        fields.append(ascii: "\r\n")
    }

    /// Writes the whole response (RFC 9112 §4).
    ///
    /// - Parameters:
    ///   - withBody: False for HEAD, which has the length of the body that GET would have.
    ///   - keepsAlive: Whether the connection stays open.
    ///   - isHTTP10: An HTTP/1.0 client must be told when it stays open.
    func write(
        to buffer: inout ByteBuffer,
        date: [UInt8],
        requestID: [UInt8],
        withBody: Bool,
        keepsAlive: Bool,
        isHTTP10: Bool
    ) {
        buffer.reserveCapacity(minimumWritableBytes: fields.count + body.count + 256)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeStaticString(" ")
        buffer.writeStaticString(Self.reason(status))
        buffer.writeStaticString("\r\nDate: ")
        buffer.writeBytes(date)
        buffer.writeStaticString("\r\nX-Request-Id: ")
        buffer.writeBytes(requestID)
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(fields)
        if status != 304, status != 204 {
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(body.count))
            buffer.writeStaticString("\r\n")
        }
        if !keepsAlive {
            buffer.writeStaticString("Connection: close\r\n")
        } else if isHTTP10 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
        if withBody, status != 304, status != 204 { buffer.writeBytes(body) }
    }

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
