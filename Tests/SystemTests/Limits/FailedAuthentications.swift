import OAuth
import Primitives
import Testing

@Suite(
    "Failed authentications",
    .serialized,
    .booth(configuration: "trusted_proxies: [127.0.0.1]\nrate_limits: {failed_authentications: 5/1h}\n")
)
struct FailedAuthentications {
    private static func unknown() -> String { String(decoding: APIKey.generate().secret, as: UTF8.self) }

    private func call(_ key: String, from address: String) -> TokenCall {
        var call = TokenCall(key: key)
        call.headers.append("X-Forwarded-For: \(address)")
        return call
    }

    // threats: AUT-09
    @Test
    func `guessing is slowed at its source, and a valid key passes from there too`() throws {
        let booth = try Booth.current
        let owner = try booth.makeKey().secret
        var statuses: [Int] = []
        for _ in 0..<1_000 {
            let response = try booth.token(call(Self.unknown(), from: "192.0.2.66"))
            statuses.append(response.status)
            guard response.status == 429 else { continue }
            #expect(response.error == "temporarily_unavailable")
            #expect((1...720).contains(response["retry-after"].flatMap { Int($0) } ?? 0))
        }
        #expect(statuses.prefix(5) == [401, 401, 401, 401, 401])
        #expect(statuses.dropFirst(5).allSatisfy { $0 == 429 })
        #expect(try booth.token(call(owner, from: "192.0.2.66")).status == 200)
        #expect(try booth.token(call(owner, from: "192.0.2.67")).status == 200)
        #expect(try booth.token(call(Self.unknown(), from: "192.0.2.67")).status == 401)
        let warnings = booth.log.split(separator: "\n").filter { $0.contains("authentication_limited") }
        #expect(warnings.count { $0.contains("192.0.2.66") } == 1)
        let event: JSONObject? = try eventually {
            let events = try booth.admin("GET", "audit?action=lock_out&target=address:192.0.2.66").json
            return events?["items"]?.array?.first?.object
        }
        #expect(event?["ip"]?.string == "192.0.2.66")
    }

    // threats: AUT-09
    @Test
    func `a thousand sources that guess lock nobody out`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        for number in 0..<1_000 {
            var guess = call(Self.unknown(), from: "198.51.\(number / 250).\(number % 250)")
            guess.headers[0] = TokenCall.basic(key.id, Self.unknown())
            #expect(try booth.token(guess).status == 401)
        }
        #expect(try booth.token(call(key.secret, from: "198.51.0.1")).status == 200)
    }

    @Test
    func `an IPv6 source is its first 64 bits`() throws {
        let booth = try Booth.current
        for number in 1...5 {
            #expect(try booth.token(call(Self.unknown(), from: "2001:db8:0:7::\(number)")).status == 401)
        }
        #expect(try booth.token(call(Self.unknown(), from: "2001:db8:0:7:ffff::1")).status == 429)
        #expect(try booth.token(call(Self.unknown(), from: "2001:db8:0:8::1")).status == 401)
    }

    @Test
    func `the other endpoints and the admin listener count as well`() throws {
        let booth = try Booth.current
        let refused = "tokenbooth_failed_authentications_total"
        let limited = "tokenbooth_limited_requests_total{limit=\"failed_authentications\"}"
        let before = try [booth.counter(refused), booth.counter(limited)]
        for (number, path) in ["introspect", "revoke", "introspect", "revoke", "introspect"].enumerated() {
            var guess = call(Self.unknown(), from: "203.0.113.5")
            guess.path = "/oauth2/" + path
            guess.parameters = [("token", "x\(number)")]
            #expect(try booth.token(guess).status == 401)
        }
        #expect(try booth.token(call(Self.unknown(), from: "203.0.113.5")).status == 429)
        #expect(try [booth.counter(refused), booth.counter(limited)] == [before[0] + 6, before[1] + 1])
        let forwarded = ["X-Forwarded-For: 203.0.113.6"]
        for status in [401, 401, 401, 401, 401, 429] {
            let response = try booth.admin("GET", "keys", key: Self.unknown(), headers: forwarded)
            #expect(response.status == status)
            #expect((response["retry-after"] != nil) == (status == 429))
        }
        // Who sends no credential has guessed nothing.
        for _ in 0..<10 {
            let head = Booth.head("GET", "/admin/v1/keys", ["X-Forwarded-For: 203.0.113.7"])
            #expect(try booth.send(head + "\r\n", to: .admin).status == 401)
        }
        #expect(try [booth.counter(refused), booth.counter(limited)] == [before[0] + 12, before[1] + 2])
    }
}

@Suite("Failed authentications by default", .serialized, .booth)
struct RetriedAuthentications {
    // threats: AUT-09
    @Test
    func `a client library that tries each failure twice is not told to wait`() throws {
        let booth = try Booth.current
        let wrong = String(decoding: APIKey.generate().secret, as: UTF8.self)
        for _ in 0..<20 {
            #expect(try booth.token(TokenCall(key: wrong)).status == 401)
            var again = TokenCall()
            again.parameters += [("client_secret", wrong)]
            #expect(try booth.token(again).status == 401)
        }
    }

}
