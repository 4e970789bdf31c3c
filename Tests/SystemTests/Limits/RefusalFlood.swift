import Foundation
import OAuth
import Primitives
import Testing

/// What somebody without a good key can have refused as often as they like.
enum BadRequest: String, CaseIterable, CustomTestStringConvertible {
    case unknownKey, wrongSecret, noCredential, brokenForm, otherType, nowhere, otherMethod, introspection
    case revocation, forwardAuth, forgedToken, administration, elsewhere, forwardElsewhere

    var testDescription: String { rawValue }

    var listener: ListenerName { self == .administration ? .admin : .public }

    /// Of the key that there is.
    var members: String {
        switch self {
        case .elsewhere, .forwardElsewhere: "\"allowed_ips\":[\"192.0.2.1\"]"
        default: ""
        }
    }

    /// - Parameter key: One that there is.
    func bytes(_ key: MadeKey) -> [UInt8] {
        let unknown = String(decoding: APIKey.generate().secret, as: UTF8.self)
        var call = TokenCall(key: unknown)
        switch self {
        case .unknownKey: break
        case .wrongSecret: call.headers = [TokenCall.basic(key.id, unknown)]
        case .noCredential: call.headers = []
        case .brokenForm: call.body = Array("grant_type=%zz".utf8)
        case .otherType: call.contentType = "text/plain"
        case .nowhere: call.path = "/nowhere"
        case .otherMethod: return Array((Booth.head("GET", "/oauth2/token") + "\r\n").utf8)
        case .introspection: call = TokenCall(presenting: "x", to: "introspect", key: unknown)
        case .revocation: call = TokenCall(presenting: "x", to: "revoke", key: unknown)
        case .elsewhere: call = TokenCall(key: key.secret)
        case .forwardAuth: return Self.forward(unknown)
        case .forwardElsewhere: return Self.forward(key.secret)
        case .forgedToken: return Self.forward("eyJhbGciOiJub25lIn0.e30.")
        case .administration:
            let head = Booth.head("GET", "/admin/v1/keys", ["Authorization: Bearer \(unknown)"])
            return Array((head + "\r\n").utf8)
        }
        return call.bytes
    }

    private static func forward(_ credential: String) -> [UInt8] {
        let path = "/forward-auth?audience=\(Booth.audience)&allow_api_key=1"
        return Array((Booth.head("GET", path, ["Authorization: Bearer \(credential)"]) + "\r\n").utf8)
    }
}

@Suite("A flood of refusals", .serialized, .booth)
struct RefusalFlood {
    /// Of each kind; with all of them together the flood has 100 000 and more when there is time for it.
    private static let count =
        ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1" ? 10_000 : 640
    /// Lines in a second of one event loop, and a connection has one.
    private static let linesPerSecond = 100

    private struct Lines {
        var requests = 0
        var leftOut = 0
        var others = 0
        var bytes = 0

        init(_ log: String, after position: Int) {
            for line in log.utf8.dropFirst(position).split(separator: 0x0A) {
                guard let event = (try? JSONValue(parsing: Array(line)))?.object else { continue }
                bytes += line.count + 1
                switch event["message"]?.string {
                case "request" where event["client_id"] == nil && (event["status"]?.integer ?? 0) >= 400:
                    requests += 1
                case "request": break
                case "refusals not logged": leftOut += Int(event["count"]?.integer ?? 0)
                default: others += 1
                }
            }
        }
    }

    // threats: LOG-05
    @Test(arguments: BadRequest.allCases)
    func `a flood of refusals is logged in part, and what was left out is counted`(bad: BadRequest) throws {
        let booth = try Booth.current
        let key = try booth.makeKey(bad.members)
        let good = try booth.makeKey()
        let events = try booth.lastEvent()
        let position = booth.log.utf8.count
        let connection = try booth.connect(bad.listener)
        let start = ContinuousClock.now
        let burst = Array(repeating: bad.bytes(key), count: 8).flatMap(\.self)
        var statuses: Set<Int> = []
        for _ in 0..<(Self.count / 8) {
            connection.send(burst)
            for _ in 0..<8 { statuses.insert(try #require(connection.response()).status) }
        }
        #expect(statuses.count == 1 && statuses.allSatisfy { (400..<500).contains($0) }, "\(statuses)")
        let seconds = Int((ContinuousClock.now - start) / .seconds(1)) + 2
        // All is accounted for, in at most so many lines, of which some say how many were left out.
        let lines =
            eventually(seconds: 5) { () -> Lines? in
                let lines = Lines(booth.log, after: position)
                return lines.requests + lines.leftOut >= Self.count ? lines : nil
            } ?? Lines(booth.log, after: position)
        #expect(lines.requests + lines.leftOut == Self.count)
        #expect(lines.requests <= Self.linesPerSecond * seconds, "\(lines) in \(seconds) s")
        #expect(lines.bytes <= Self.linesPerSecond * seconds * 400 + 4_096, "\(lines) in \(seconds) s")
        #expect(lines.leftOut > 0 && lines.others == 0, "\(lines)")
        #expect(try booth.lastEvent() == events, "of what is refused there is no event")
        var call = TokenCall(key: good.secret)
        call.headers.append("X-Request-Id: after-\(bad)")
        #expect(try booth.token(call).status == 200)
        #expect(booth.logLine(request: "after-\(bad)") != nil)
    }
}
