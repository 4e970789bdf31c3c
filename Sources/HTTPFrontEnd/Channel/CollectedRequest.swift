package import NIOCore
package import NIOHTTP1
import OAuth
import Primitives

/// A request whose header section is here and has been judged.
///
/// A class, as the whole request is, though nothing of either ever changes: they are handed on from step to step, and
/// copying all of them each time costs more than making them.
final class RequestStart: Sendable {
    let head: HTTPRequestHead
    let fields: KnownFields
    /// When its first byte arrived.
    let arrived: NIODeadline
    /// The client's `X-Request-Id`, or one of ours.
    let id: [UInt8]
    let match: RouteTable.Match
    /// What follows the question mark of the target; empty for one with nothing behind it.
    let query: Substring?
    /// The connection ends after the answer, because the client asked for it or cannot do otherwise.
    let closes: Bool
    /// Of a body that may be large.
    let permit: LargeBodies.Permit?

    init(
        head: HTTPRequestHead,
        fields: KnownFields,
        arrived: NIODeadline,
        id: [UInt8],
        match: RouteTable.Match,
        query: Substring?,
        closes: Bool,
        permit: LargeBodies.Permit?
    ) {
        self.head = head
        self.fields = fields
        self.arrived = arrived
        self.id = id
        self.match = match
        self.query = query
        self.closes = closes
        self.permit = permit
    }
}

/// One complete request: the protocol handler passes nothing on before its last byte is here.
package final class CollectedRequest: Sendable {
    let start: RequestStart
    package let body: [UInt8]

    init(_ start: RequestStart, body: [UInt8]) {
        self.start = start
        self.body = body
    }

    package var head: HTTPRequestHead { start.head }
    package var arrived: NIODeadline { start.arrived }
    package var id: [UInt8] { start.id }
    package var match: RouteTable.Match { start.match }
    package var closes: Bool { start.closes }
    package var hasQuery: Bool { start.query != nil }
    var query: Substring? { start.query }
    /// The part of the request target before the query.
    package var path: Substring { Self.parts(of: head.uri).path }

    /// A request target before its question mark, and behind it.
    static func parts(of target: String) -> (path: Substring, query: Substring?) {
        let bytes = target.utf8.span
        for offset in bytes.indices where bytes[offset] == UInt8(ascii: "?") {
            let mark = target.utf8.index(target.startIndex, offsetBy: offset)
            return (target[..<mark], target[target.utf8.index(after: mark)...])
        }
        return (target[...], nil)
    }

    /// A client's request id is echoed when it is `[A-Za-z0-9._-]{1,64}`.
    package static func acceptableID(_ values: KnownFields.Values) -> [UInt8]? {
        guard case .one(let value) = values, (1...64).contains(value.utf8.count) else { return nil }
        let id = Array(value.utf8)
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
