import AdminAPI
import OAuth
import Primitives

/// What a compact JWS says, verified or not.
struct TokenReport: Sendable {
    private let header: JSONObject
    private let claims: JSONObject
    private let now: Int64
    var isVerified = false

    /// Reads header and payload only; any algorithm and type will do, for this is to look at what somebody else
    /// refused.
    ///
    /// - Throws: ``CommandFailure`` (exit 2) when it is no compact JWS with JSON objects.
    init(parsing token: [UInt8], now: Int64) throws(CommandFailure) {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw CommandFailure(
                .wrong,
                "this is no compact JWS: it needs three parts with dots between them"
            )
        }
        header = try Self.object(parts[0], "header")
        claims = try Self.object(parts[1], "payload")
        self.now = now
    }

    private static func object(_ part: ArraySlice<UInt8>, _ name: String) throws(CommandFailure) -> JSONObject
    {
        guard let bytes = Base64URL.decode(part) else {
            throw CommandFailure(.wrong, "the \(name) is not base64url")
        }
        guard let value = try? JSONValue(parsing: bytes, maximumDepth: 32, rejectingNUL: false),
            let object = value.object
        else { throw CommandFailure(.wrong, "the \(name) is not one JSON object") }
        return object
    }

    /// One line.
    var json: String {
        let report = JSONObject([
            ("verified", .bool(isVerified)), ("header", .object(header)), ("claims", .object(claims)),
        ])
        return AdminSession.oneLine(JSONValue.object(report).serialized)
    }

    /// Prints the claim `jti` (RFC 7519 §4.1.7), where there is one.
    func printID() throws(CommandFailure) {
        if let id = claims["jti"]?.string { try Terminal.print(TerminalText.sanitized(id)) }
    }

    func table(width: Int?) -> String {
        let rows =
            header.members.map { ["header", $0.name, AdminSession.text($0.value)] }
            + claims.members.map { ["claim", $0.name, words(for: $0.name, $0.value)] }
        return Table(header: ["PART", "NAME", "VALUE"], rows: rows).lines(width: width).joined(
            separator: "\n"
        )
    }

    /// Times in words (RFC 7519 §4.1).
    private func words(for name: String, _ value: JSONValue) -> String {
        guard ["exp", "nbf", "iat", "auth_time"].contains(name), let seconds = value.integer else {
            return AdminSession.text(value)
        }
        let (distance, overflow) = seconds.subtractingReportingOverflow(now)
        guard !overflow, distance > .min else { return "\(seconds)" }
        let span = TimeSpan(seconds: distance).words
        let relation = distance < 0 ? "\(span) ago" : "in \(span)"
        let isExpired = name == "exp" && distance <= 0
        return "\(NumericDate(seconds).rfc3339) (\(relation)\(isExpired ? ", EXPIRED" : ""))"
    }
}
