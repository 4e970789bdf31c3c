import AdminClient
import OAuth
import Testing

@testable import tokenbooth

@Suite("Command line: where a secret may go")
struct ServerURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:8081", true), ("http://localhost:8081/", true), ("http://[::1]:1", true),
        ("https://admin.example", true), ("http://admin.example", false), ("http://10.0.0.1:8081", false),
        ("http://127.0.0.1.example", false), ("http://localhost.example", false),
    ])
    func `plain http is for this machine only`(url: String, expected: Bool) throws {
        #expect(try ServerURL(parsing: url, name: "--url").mayReceiveSecrets == expected)
    }

    @Test(arguments: [
        "", "admin.example", "http://user@127.0.0.1", "http://127.0.0.1:1?x", "ftp://127.0.0.1",
        "http://127.1",
    ])
    func `an odd URL is a usage error`(url: String) throws {
        let failure = try #require(throws: CommandFailure.self) { try ServerURL(parsing: url, name: "--url") }
        #expect(failure.code == .usage)
    }

    // threats: CLI-02
    @Test
    func `no key is sent in the clear over a network`() async throws {
        let server = try ServerURL(parsing: "http://192.0.2.1:1", name: "--url")
        let admin = AdminClient(server: server, credential: APIKey.generate())
        let error = await #expect(throws: ClientError.self) { try await admin.send(.get, ["keys"]) }
        guard case .insecure = error else {
            Issue.record("was not refused for that: \(String(describing: error))"); return
        }
        await admin.shutdown()
        let tokens = TokenClient(issuer: server)
        let request = TokenClient.Request(grant: .tokenExchange, scopes: [], audiences: [], resources: [])
        let other = await #expect(throws: ClientError.self) {
            try await tokens.exchange(APIKey.generate(), request)
        }
        guard case .insecure = other else {
            Issue.record("was not refused for that: \(String(describing: other))"); return
        }
        await tokens.shutdown()
    }

    @Test
    func `a server that is not there is unreachable`() async throws {
        let client = AdminClient(
            server: try ServerURL(parsing: "http://127.0.0.1:1", name: "--url"),
            credential: nil
        )
        let error = await #expect(throws: ClientError.self) { try await client.send(.get, ["readyz"]) }
        await client.shutdown()
        guard case .unreachable = error else {
            Issue.record("is not unreachable: \(String(describing: error))"); return
        }
    }
}
