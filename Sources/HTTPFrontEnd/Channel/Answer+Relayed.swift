import NIOHTTP1
import OAuth

/// Header fields between the protocol handler and Hummingbird, set anew on every request that is handed on.
package enum RelayedHeader {
    /// Where the request comes from, or empty when that is not known.
    package static let clientAddress = "x-tokenbooth-client-address"
    /// On an answer: what the access log is to know, and the client is not.
    static let noteClient = "x-tokenbooth-note-client"
    static let noteError = "x-tokenbooth-note-error"
    static let noteDetail = "x-tokenbooth-note-detail"
}

extension Answer {
    /// The beginning of an answer from Hummingbird; its length and date are written like ours.
    init(_ head: HTTPResponseHead) {
        self.init(status: Int(head.status.code))
        for (name, value) in head.headers {
            switch name.lowercased() {
            case "content-length", "date", "connection", "transfer-encoding", "server", "x-request-id":
                continue
            case RelayedHeader.noteClient: note.clientID = KeyID(parsing: value)
            case RelayedHeader.noteError: note.error = value
            case RelayedHeader.noteDetail: note.detail = value
            default:
                fields += name.utf8.lazy.filter { $0 > 0x20 && $0 != UInt8(ascii: ":") && $0 < 0x7F }
                fields += [UInt8(ascii: ":"), 0x20]
                fields += value.utf8.lazy.filter { $0 >= 0x20 && $0 != 0x7F }
                fields += [0x0D, 0x0A]
            }
        }
    }
}
