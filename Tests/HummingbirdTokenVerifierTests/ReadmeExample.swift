import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import HummingbirdTokenVerifier
import NIOCore
import Testing
import TokenVerifier
import TokenVerifierTesting

/// What the README shows: the lines between the two marks, byte for byte.
struct ReadmeExample {
    static func application() async throws -> some ApplicationProtocol {
        // README: begin
        let issuer = "http://127.0.0.1:8080"
        let verifier = try await AccessTokenVerifier(issuer: issuer, audience: "https://api.example")
        let router = Router(context: BasicTokenRequestContext.self)
        router.get("health") { _, _ in "public" }
        router.group("reports")
            .add(middleware: RequireToken(verifier, scopes: ["reports:read"], groups: ["finance"]))
            .get { _, context in "hello \(try context.verifiedToken().subject)" }
        let app = Application(router: router, services: [verifier])
        // README: end
        return app
    }
}

@Suite("The example of the README")
struct ReadmeExampleTests {
    private static func text(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test
    func `the README shows what is compiled here`() throws {
        let source = try Self.text("Tests/HummingbirdTokenVerifierTests/ReadmeExample.swift")
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex { $0.hasSuffix("// README: begin") })
        let end = try #require(lines.firstIndex { $0.hasSuffix("// README: end") })
        let shown = lines[(begin + 1)..<end].map { $0.dropFirst(8) }.joined(separator: "\n")
        #expect(try Self.text("README.md").contains(shown))
    }

    @Test
    func `without its issuer it does not start`() async throws {
        // Port 8080 may be somebody's, who then is no issuer either.
        await #expect(throws: VerifierStartError.self) {
            _ = try await AccessTokenVerifier(issuer: "http://127.0.0.1:1", audience: "https://api.example")
        }
    }

    @Test
    func `its routes are public or want a token of the group`() async throws {
        let issuer = try TestIssuer()
        let verifier = try await issuer.verifier(audience: "https://api.example")
        let router = Router(context: BasicTokenRequestContext.self)
        router.get("health") { _, _ in "public" }
        router.group("reports")
            .add(middleware: RequireToken(verifier, scopes: ["reports:read"], groups: ["finance"]))
            .get { _, context in "hello \(try context.verifiedToken().subject)" }
        let token = try issuer.token(
            audience: "https://api.example",
            subject: "alice",
            scopes: ["reports:read"],
            groups: ["finance"]
        )
        try await Application(router: router, services: [verifier]).test(.live) { client in
            try await client.execute(uri: "/health", method: .get) { #expect($0.status == .ok) }
            try await client.execute(uri: "/reports", method: .get) { #expect($0.status == .unauthorized) }
            let headers: HTTPFields = [.authorization: "Bearer \(token)"]
            try await client.execute(uri: "/reports", method: .get, headers: headers) { response in
                #expect(String(buffer: response.body) == "hello alice")
            }
        }
    }
}
