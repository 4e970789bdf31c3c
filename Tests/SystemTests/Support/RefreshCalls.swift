import Primitives
import Testing

/// Refresh tokens over raw HTTP.
extension Booth {
    /// A key that gets refresh tokens when it is exchanged.
    func makeRefreshingKey(_ members: String = "") throws -> MadeKey {
        let grants = "\"grant_types\":[\"client_credentials\",\"\(TokenCall.exchange)\",\"refresh_token\"]"
        return try makeKey(members.isEmpty ? grants : grants + "," + members)
    }

    /// Exchanges the key; the refresh token of the answer is a secret from then on.
    func exchanged(_ key: MadeKey, _ parameters: [(String, String)] = []) throws -> String {
        try refreshToken(token(TokenCall(exchanging: key.secret, parameters)))
    }

    func refresh(
        _ token: String,
        _ key: MadeKey,
        _ parameters: [(String, String)] = []
    ) throws -> HTTPResponse {
        try self.token(TokenCall(refreshing: token, key: key.secret, parameters))
    }

    /// The refresh token of an answer that grants.
    func refreshToken(_ response: HTTPResponse) throws -> String {
        let token = try #require(response.json?["refresh_token"]?.string, "\(response.text)")
        #expect(response.status == 200 && token.utf8.count == 60 && token.hasPrefix("tbr_"))
        canaries.add(token)
        return token
    }

    /// How often a counter without labels has counted.
    func counter(_ name: String) throws -> Int {
        let line = try get("/metrics", from: .admin).text.split(separator: "\n").first {
            $0.hasPrefix(name + " ")
        }
        return try #require(line?.split(separator: " ").last.flatMap { Int($0) })
    }
}

/// A refusal of a refresh token: always the same.
func expectInvalidGrant(_ response: HTTPResponse, _ location: SourceLocation = #_sourceLocation) {
    #expect(response.status == 400 && response.error == "invalid_grant", sourceLocation: location)
    #expect(
        response.json?["error_description"]?.string
            == "the refresh token is invalid, expired, spent, revoked or not this client's: exchange the API key anew",
        sourceLocation: location
    )
}

/// Connections that each hold back the last byte of a request, so that all requests arrive at once.
final class Barrier {
    private let connections: [RawConnection]

    init(_ booth: Booth, count: Int) throws { connections = try (0..<count).map { _ in try booth.connect() } }

    /// Sends a request on every connection, the same on all, and reads every answer.
    func send(_ request: [UInt8]) throws -> [HTTPResponse] { try send { _ in request } }

    /// - Parameter request: Of the connection with this number.
    func send(_ request: (Int) -> [UInt8]) throws -> [HTTPResponse] {
        for (number, connection) in connections.enumerated() {
            connection.send(Array(request(number).dropLast()))
        }
        for (number, connection) in connections.enumerated() {
            connection.send(Array(request(number).suffix(1)), isReading: false)
        }
        return try connections.map { try #require($0.response(), "no response") }
    }
}
