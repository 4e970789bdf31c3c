import Foundation
import Testing

@testable import OAuth

@Suite("Client authentication: RFC 6749 §2.3, RFC 7617, RFC 6750 §2.1")
struct ClientAuthenticationTests {
    private let secret = String(decoding: APIKey.generate().secret, as: UTF8.self)

    private func find(_ authorization: [String] = [], header: [String] = [], body: String = "") throws
        -> ClientAuthentication?
    {
        try ClientAuthentication.find(
            authorization: authorization,
            apiKeyHeader: header,
            form: FormParameters(parsing: Array(body.utf8))
        )
    }

    private func code(_ body: () throws -> ClientAuthentication?) -> OAuthError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? OAuthError)?.code }
    }

    private func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

    @Test
    func `each method carries the key`() throws {
        let values = [
            "Bearer \(secret)", "bearer  \(secret)", secret, basic(":\(secret)"), basic("key_x:\(secret)"),
            basic(":%74\(secret.dropFirst())"),
        ]
        for value in values {
            let found = try find([value])
            #expect(found?.key?.secret == Array(secret.utf8), "\(value.prefix(8))")
        }
        #expect(try find(header: [secret])?.key != nil)
        #expect(try find(body: "client_secret=\(secret)")?.key != nil)
        #expect(try find([basic("key_x:\(secret)")])?.userName == Array("key_x".utf8))
        #expect(try find([basic(":\(secret)")])?.userName == nil)
        #expect(try find() == nil)
    }

    // threats: AUT-03, AUT-05
    @Test
    func `two methods, or one twice, are invalid_request`() {
        #expect(code { try find([basic(":\(secret)"), basic(":\(secret)")]) } == .invalidRequest)
        #expect(code { try find([secret], header: [secret]) } == .invalidRequest)
        #expect(code { try find(header: [secret, secret]) } == .invalidRequest)
        #expect(code { try find([secret], body: "client_secret=\(secret)") } == .invalidRequest)
        #expect(code { try find(body: "client_assertion=x") } == .invalidRequest)
        #expect(code { try find([secret], body: "client_assertion_type=x") } == .invalidRequest)
    }

    // threats: AUT-06
    @Test
    func `what cannot be read is a method without a key, never no method`() throws {
        let values = [
            "", "Basic", "Basic ", "Basic %%%", "Basic \(Data(secret.utf8).base64EncodedString())",
            basic(":"), basic(":\(secret)\0"),
            basic(":%zz"), basic(":\(secret)") + "=", "Bearer", "Bearer x y", "Token \(secret)",
            "Basic\t\(secret)", secret + "x", String(secret.dropLast()),
        ]
        for value in values {
            let found = try #require(try find([value]), "\(value)")
            #expect(found.key == nil, "\(value)")
        }
        #expect(try find(header: [""])?.key == nil)
        #expect(try find(header: [""]) != nil)
    }

    // threats: AUT-04
    @Test
    func `an API key where a name belongs is told where it goes`() {
        #expect(code { try find([basic("\(secret):")]) } == .invalidClient)
        #expect(code { try find([basic("tbk_mistyped:\(secret)")]) } == .invalidClient)
        #expect(code { try find(body: "client_id=\(secret)") } == .invalidRequest)
    }

    @Test
    func `a key has no description that shows it`() throws {
        let found = try #require(try find([secret]))
        #expect(
            !"\(found)".contains(secret)
                && !String(reflecting: found).contains(secret.dropFirst(4).prefix(12))
        )
    }
}

@Suite("Token request: RFC 6749 §4.4.2, RFC 8693 §2.1, RFC 8707 §2")
struct TokenRequestTests {
    private func code(_ body: String) -> OAuthError.Code? {
        do {
            _ = try TokenRequest(
                form: FormParameters(parsing: Array(body.utf8)),
                authorization: [],
                apiKeyHeader: []
            )
            return nil
        } catch { return error.code }
    }

    // threats: TOK-04, TOK-05
    @Test
    func `the grant type is ours to the byte`() {
        #expect(code("grant_type=client_credentials") == nil)
        #expect(code("scope=a") == .invalidRequest)
        for type in [
            "password", "Client_Credentials", "client_credentials+", "client_credentials%CC%81",
            "refresh_token+", "Refresh_token", "refresh-token",
        ] {
            #expect(code("grant_type=" + type) == .unsupportedGrantType)
        }
    }

    @Test
    func `a refresh needs a refresh token, and one that is malformed is refused later`() throws {
        #expect(code("grant_type=refresh_token") == .invalidRequest)
        #expect(code("grant_type=refresh_token&refresh_token=") == .invalidRequest)
        #expect(code("grant_type=refresh_token&refresh_token=x&refresh_token=x") == .invalidRequest)
        for token in ["x", "tbr_", "tbr_" + String(repeating: "A", count: 56)] {
            #expect(code("grant_type=refresh_token&refresh_token=" + token) == nil)
        }
    }

    @Test
    func `an exchange needs its subject token and the type that we have`() {
        let exchange = "grant_type=\(GrantType.tokenExchange.rawValue)"
        let type = "&subject_token_type=\(TokenType.apiKey)"
        #expect(code(exchange + "&subject_token=x" + type) == nil)
        #expect(code(exchange + "&subject_token=x" + type + "&requested_token_type=\(TokenType.jwt)") == nil)
        for rest in [
            "", type, "&subject_token=" + type, "&subject_token=x", "&subject_token=x&subject_token_type=x",
            "&subject_token=x\(type)&actor_token=y", "&subject_token=x\(type)&actor_token_type=y",
            "&subject_token=x\(type)&requested_token_type=z",
        ] {
            #expect(code(exchange + rest) == .invalidRequest, "\(rest)")
        }
    }

    // threats: SCP-02, SCP-04
    @Test
    func `scope and resource have their grammar`() {
        let body = "grant_type=client_credentials"
        for scope in ["a++b", "+a", "a%22", "%C3%A9", "a%09b"] {
            #expect(code(body + "&scope=" + scope) == .invalidScope)
        }
        for resource in ["a", "/a", "https:", "https://a%23b", "a%20b:c", "%C3%A9:a", "1a:b"] {
            #expect(code(body + "&resource=" + resource) == .invalidTarget, "\(resource)")
        }
        #expect(code(body + "&resource=urn:a&resource=https://b/c?d&audience=anything+at+all") == nil)
        #expect(code(body + (0..<17).map { "&audience=a\($0)" }.joined()) == .invalidTarget)
    }
}
