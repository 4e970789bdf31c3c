package import NIOCore
package import NIOHTTP1
import OAuth
import Primitives

/// One complete request: the protocol handler passes nothing on before its last byte is here.
package struct CollectedRequest: Sendable {
    package let head: HTTPRequestHead
    package var body: [UInt8] = []
    /// When its first byte arrived.
    package let arrived: NIODeadline
    /// The client's `X-Request-Id`, or one of ours.
    package let id: [UInt8]
    package let match: RouteTable.Match
    /// The connection ends after the answer, because the client asked for it or cannot do otherwise.
    package let closes: Bool
    /// Of a body that may be large.
    var permit: LargeBodies.Permit?

    /// The part of the request target before the query.
    package var path: Substring { Self.path(of: head.uri) }
    package var hasQuery: Bool { head.uri.utf8.contains(UInt8(ascii: "?")) }

    /// What follows the question mark; empty for one with nothing behind it.
    var query: Substring? {
        head.uri.utf8.firstIndex(of: UInt8(ascii: "?")).map { head.uri[head.uri.utf8.index(after: $0)...] }
    }

    static func path(of target: String) -> Substring {
        target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
    }

    /// A client's request id is echoed when it is `[A-Za-z0-9._-]{1,64}`.
    package static func acceptableID(_ headers: HTTPHeaders) -> [UInt8]? {
        let values = headers["x-request-id"]
        guard values.count == 1, let id = values.first.map({ Array($0.utf8) }), (1...64).contains(id.count)
        else {
            return nil
        }
        let isPlain = id.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        // Our secrets have that form too, and an id is logged.
        return isPlain && !APIKey.mayOccur(in: id) && !RefreshToken.mayOccur(in: id) ? id : nil
    }
}
