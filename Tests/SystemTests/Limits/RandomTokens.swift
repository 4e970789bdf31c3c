import Foundation
import Primitives
import Testing

/// Tokens that nobody has issued, tried one after another by somebody who may introspect.
enum RandomTokens {
    /// Most of them are beyond the key's rate, and are refused without a look at the token.
    static func introspect(_ count: Int, at booth: Booth) throws {
        let rate = 50
        let key = try booth.makeRefreshingKey(
            "\"rate_limit\":{\"requests\":\(rate),\"seconds\":86400}"
        )
        // What they look like; both of these count as requests.
        let models = try [booth.accessToken(key), booth.exchanged(key)]
        let connections = try (0..<8).map { _ in try booth.connect() }
        var statuses: [Int: Int] = [:]
        for start in stride(from: 0, to: count, by: connections.count) {
            let asked = connections.prefix(count - start)
            for (number, connection) in asked.enumerated() {
                let token = random(models, start + number)
                connection.send(TokenCall(presenting: token, to: "introspect", key: key.secret).bytes)
            }
            for connection in asked {
                let answer = try #require(connection.response(), "no response")
                statuses[answer.status, default: 0] += 1
                if answer.status == 200 {
                    #expect(answer.text == #"{"active":false}"#)
                } else {
                    #expect(answer["retry-after"].flatMap { Int($0) } ?? 0 > 0)
                    // Nothing of the token is looked at, so nothing can be told of it.
                    #expect(answer.error == "temporarily_unavailable" && !answer.text.contains("active"))
                }
            }
        }
        // One more for each half of an hour that it has taken.
        let allowed = statuses[200] ?? 0
        #expect((rate - 2...rate).contains(allowed), "\(statuses)")
        #expect(statuses[429] == count - allowed, "\(statuses)")
        // A good token is not told of either, and everybody else is served.
        #expect(try booth.introspect(models[0], by: key).status == 429)
        let other = try booth.makeKey()
        #expect(try booth.isActive(booth.accessToken(other), for: other))
    }

    /// Like an access token with another payload or signature, like a refresh token, or like nothing at all.
    private static func random(_ models: [String], _ number: Int) -> String {
        let noise = { (count: Int) in
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            return Data(bytes).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        var parts = models[0].split(separator: ".").map(String.init)
        switch number % 4 {
        case 0: parts[1] = noise(200)
        case 1: parts[2] = noise(64)
        case 2: return "tbr_" + String(noise(60).prefix(models[1].count - 4))
        default: return noise(32)
        }
        return parts.joined(separator: ".")
    }
}

@Suite(
    "Slow: introspection of random tokens",
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1"),
    .booth
)
struct SlowRandomTokens {
    // threats: INT-06
    @Test
    func `a hundred thousand random tokens tell no more than the rate allows`() throws {
        try RandomTokens.introspect(100_000, at: Booth.current)
    }
}
