import AuthorizationServer
import Foundation
import OAuth
import Testing

@testable import HTTPFrontEnd

@Suite("Forward auth on the event loop")
struct ForwardAuthHandlerTests {
    private func status(_ answers: [String]) -> [String] { answers.map { String($0.prefix(3)) } }

    /// The value of a field; `nil` when it is not there exactly once.
    private func field(_ name: String, of answer: String?) -> String? {
        let lines = (answer ?? "").components(separatedBy: "\r\n").filter { $0.hasPrefix("\(name):") }
        return lines.count == 1 ? String(lines[0].dropFirst(name.count + 2)) : nil
    }

    // threats: FWD-06
    @Test(arguments: [
        "Content-Length: 5", "Content-Length: 999999999999", "Transfer-Encoding: chunked",
        "Content-Length: 5\r\nExpect: 100-continue",
    ])
    func `a body that is announced is not waited for, and the connection ends with the answer`(length: String)
        async throws
    {
        let desk = try await ForwardAuthDesk()
        let head = desk.head(["Authorization: Bearer \(desk.token)", length], method: "POST") + "\r\n"
        let smuggled = desk.head(["Authorization: Bearer \(desk.token)"]) + "\r\n"
        for rest in ["", "hello", "5\r\nhello\r\n0\r\n\r\n", smuggled] {
            let (answers, isOpen) = try desk.send(head + rest)
            #expect(status(answers) == ["200"] && !isOpen, "\(rest)")
            #expect(field("Connection", of: answers.first) == "close")
        }
    }

    // threats: FWD-06
    @Test
    func `without a body the connection stays, and requests are answered in order`() async throws {
        let desk = try await ForwardAuthDesk()
        let credential = "Authorization: Bearer \(desk.token)"
        let good = desk.head([credential, "Content-Length: 0"], method: "PUT") + "\r\n"
        let (answers, isOpen) = try desk.send(good + desk.head() + "\r\n" + good)
        #expect(status(answers) == ["200", "401", "200"] && isOpen)
        #expect(answers.allSatisfy { field("Cache-Control", of: $0) == "no-store" })
        let last = desk.head([credential, "Content-Length: 3"], method: "POST") + "\r\n"
        #expect(try status(desk.send(good + last + "abc" + good).answers) == ["200", "200"])
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    func `any method is answered alike`(method: String) async throws {
        let desk = try await ForwardAuthDesk()
        let (answers, isOpen) = try desk.send(
            desk.head(["Authorization: Bearer \(desk.token)"], method: method) + "\r\n"
        )
        #expect(status(answers) == ["200"] && isOpen)
        #expect(field("X-Auth-Client-Id", of: answers.first) == desk.client.id.description)
        #expect(field("X-Auth-Groups", of: answers.first) == "partners")
        for name in ["X-Auth-Scope", "X-Auth-Roles", "X-Auth-Token"] {
            #expect(field(name, of: answers.first) == "", "\(name) is there, and empty")
        }
        #expect(answers.first?.hasSuffix("Content-Length: 0\r\n\r\n") == true)
    }

    // threats: FWD-02
    @Test
    func `whatever ends a token keeps it out from that moment on`() async throws {
        let desk = try await ForwardAuthDesk()
        let request = desk.head(["Authorization: Bearer \(desk.token)"]) + "\r\n"
        let reference = try #require(desk.client.status)
        for (value, expected) in [(StatusValue.suspended, "401"), (.invalid, "401"), (.valid, "200")] {
            desk.board.set(reference, to: value)
            #expect(try status(desk.send(request).answers) == [expected], "\(value)")
        }
        #expect(try status(desk.send(request, at: desk.now.advanced(by: 299)).answers) == ["200"])
        let restored = try desk.send(request) { $0.tokensNotBefore = desk.now.advanced(by: 1) }
        #expect(status(restored.answers) == ["401"])
        desk.denylist.insert(DeniedToken(id: try desk.tokenID, until: desk.now.advanced(by: 360)))
        let refused = try desk.send(request).answers
        #expect(status(refused) == ["401"])
        #expect(field("WWW-Authenticate", of: refused.first)?.contains("error=\"invalid_token\"") == true)
        #expect(field("X-Auth-Client-Id", of: refused.first) == nil)
    }

    // threats: FWD-02
    @Test
    func `what has expired stays so when the clock goes back`() async throws {
        let desk = try await ForwardAuthDesk()
        let request = desk.head(["Authorization: Bearer \(desk.token)"]) + "\r\n"
        #expect(try status(desk.send(request, at: desk.now.advanced(by: 300)).answers) == ["401"])
        #expect(try status(desk.send(request).answers) == ["401"])
    }

    // threats: FWD-07
    @Test
    func `while changes do not become durable, or the clock is behind, nobody is let in`() async throws {
        let desk = try await ForwardAuthDesk()
        let secret = String(decoding: desk.key.secret, as: UTF8.self)
        let token = desk.head(["Authorization: Bearer \(desk.token)"]) + "\r\n"
        let question = "audience=\(ForwardAuthDesk.audience)&allow_api_key=1"
        let key = desk.head(["X-API-Key: \(secret)"], asking: question) + "\r\n"
        #expect(try status(desk.send(token + key).answers) == ["200", "200"])
        desk.health.report(isFailing: true)
        for answer in try desk.send(token + key).answers {
            #expect(answer.hasPrefix("503") && field("Retry-After", of: answer) == "1")
        }
        desk.health.report(isFailing: false)
        // A token can be judged by the later time; a new one cannot be issued.
        _ = desk.clockGuard.judged(desk.now.advanced(by: 120))
        #expect(try status(desk.send(token + key).answers) == ["200", "503"])
    }

    // threats: FWD-05
    @Test
    func `in place of an API key goes a token that works for a minute`() async throws {
        let desk = try await ForwardAuthDesk(#","rate_limit":{"requests":2,"seconds":3600}"#)
        let secret = String(decoding: desk.key.secret, as: UTF8.self)
        let question = "audience=\(ForwardAuthDesk.audience)&group=partners&allow_api_key=1"
        let answer = try desk.send(desk.head(["Authorization: Bearer \(secret)"], asking: question) + "\r\n")
            .answers.first
        let fresh = try #require(field("X-Auth-Token", of: answer))
        #expect(field("RateLimit", of: answer)?.hasPrefix("\"rate\";r=1;") == true)
        #expect(answer?.contains(secret) == false)
        let request = desk.head(["Authorization: Bearer \(fresh)"]) + "\r\n"
        #expect(try status(desk.send(request, at: desk.now.advanced(by: 59)).answers) == ["200"])
        #expect(try status(desk.send(request, at: desk.now.advanced(by: 60)).answers) == ["401"])
        // A refusal uses nothing.
        let other = "audience=\(ForwardAuthDesk.audience)&group=house&allow_api_key=1"
        let refused = try desk.send(desk.head(["X-API-Key: \(secret)"], asking: other) + "\r\n").answers
        #expect(status(refused) == ["403"])
        let last = try desk.send(desk.head(["X-API-Key: \(secret)"], asking: question) + "\r\n").answers
        #expect(status(last) == ["200"])
        let limited = try desk.send(desk.head(["X-API-Key: \(secret)"], asking: question) + "\r\n").answers
        #expect(status(limited) == ["429"] && field("Retry-After", of: limited.first) != nil)
    }
}
