import Foundation
import Primitives
import Testing

@Suite("Token endpoint, one credential only: RFC 6749 §2.3, RFC 8693 §2.1", .serialized, .booth)
struct CredentialsTwice {
    private func refused(_ call: TokenCall, _ location: SourceLocation = #_sourceLocation) throws {
        let response = try Booth.current.token(call)
        #expect(response.status == 400, "\(response.text)", sourceLocation: location)
        #expect(response.error == "invalid_request", "\(response.text)", sourceLocation: location)
    }

    // threats: AUT-03
    @Test
    func `two methods are refused, with equal and with different keys`() throws {
        let booth = try Booth.current
        let (one, two) = (try booth.makeKey().secret, try booth.makeKey().secret)
        for second in [one, two] {
            try refused(TokenCall(key: one, [("client_secret", second)]))
            for header in [
                "X-API-Key: \(second)", "Authorization: Bearer \(second)", TokenCall.basic("", second),
            ] {
                var call = TokenCall(key: one)
                call.headers.append(header)
                try refused(call)
            }
            var body = TokenCall()
            body.parameters.append(("client_secret", one))
            body.headers = ["X-API-Key: \(second)"]
            try refused(body)
        }
    }

    /// An assertion (RFC 7523 §3), signed with an API key as the clients of others sign with their secrets.
    private func assertion(_ claims: String, signedWith key: MadeKey) -> String {
        func part(_ bytes: [UInt8]) -> String { String(decoding: Base64URL.encode(bytes), as: UTF8.self) }
        let text = part(Array("{\"alg\":\"HS256\"}".utf8)) + "." + part(Array(claims.utf8))
        let tag = HMACSHA256(key: Array(key.secret.utf8)).authenticate(Array(text.utf8))
        return text + "." + part(tag.bytes)
    }

    // threats: AUT-03, AUT-11, AUT-12, AUT-13, AUT-14
    @Test
    func `a client assertion is refused with what to send instead, whatever is in it`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        let expiry = Int64(Date().timeIntervalSince1970) + 60
        func claims(_ audience: String) -> String {
            "{\"iss\":\"\(key.id)\",\"sub\":\"\(key.id)\",\"aud\":\"\(audience)\",\"exp\":\(expiry),\"jti\":\"a\"}"
        }
        let valid = claims(booth.issuer)
        for text in [
            "e30.e30.", assertion("{}", signedWith: key), assertion(claims("urn:other"), signedWith: key),
            assertion(valid, signedWith: key), assertion(valid, signedWith: key),
            assertion(valid, signedWith: other),
        ] {
            let parameters = [
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", text),
            ]
            try refused(TokenCall(key: key.secret, parameters))
            var alone = TokenCall()
            alone.parameters += parameters
            try refused(alone)
            #expect(try booth.token(alone).text.contains("HTTP Basic"))
            alone.parameters.append(("client_id", key.id))
            try refused(alone)
            alone.parameters.append(("client_secret", key.secret))
            try refused(alone)
        }
    }

    // threats: AUT-04
    @Test
    func `client_id may be left out or be right, never wrong`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        #expect(try booth.token(TokenCall(key: key.secret, [("client_id", key.id)])).status == 200)
        for wrong in [other.id, "key_", key.id + "x", key.id.uppercased()] {
            try refused(TokenCall(key: key.secret, [("client_id", wrong)]))
        }
        var basic = TokenCall()
        basic.headers = [TokenCall.basic(other.id, key.secret)]
        let response = try booth.token(basic)
        #expect(response.status == 401 && response["www-authenticate"] == "Basic realm=\"tokenbooth\"")
    }

    // threats: AUT-04
    @Test
    func `an API key as client_id is refused with a word on where it goes`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let call = TokenCall(key: key, [("client_id", key)])
        try refused(call)
        #expect(try booth.token(call).text.contains("client_secret"))
    }

    // threats: AUT-05
    @Test
    func `two credentials in one field, or after too many words, are none`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        let basic = Data(":\(key)".utf8).base64EncodedString()
        for value in [
            "Basic \(basic), Basic \(basic)", "Basic\t\(basic)", "Basic", "Bearer", "Bearer \(key) \(key)",
            "Token \(key)", "Basic, \(basic)",
        ] {
            var call = TokenCall()
            call.headers = ["Authorization: \(value)"]
            let response = try booth.token(call)
            #expect(response.status == 401, "\(value)")
        }
    }

    // threats: AUT-15
    @Test(arguments: [
        "X-SSL-Client-Cert", "X-Client-Cert", "Client-Cert", "X-Forwarded-User", "X-Remote-User",
    ])
    func `a certificate or a user named by a header is no credential`(header: String) throws {
        var call = TokenCall()
        call.headers = ["\(header): -----BEGIN CERTIFICATE-----", "\(header): root"]
        #expect(try Booth.current.token(call).status == 401)
    }

    @Test
    func `a subject token of another key, an unknown or a missing one is invalid_request`() throws {
        let booth = try Booth.current
        let (key, other) = (try booth.makeKey().secret, try booth.makeKey().secret)
        for subject in [other, "tbk_nothing", ""] {
            var call = TokenCall(exchanging: subject)
            call.headers = [TokenCall.basic("", key)]
            try refused(call)
        }
        try refused(TokenCall(exchanging: ""))
    }

    @Test
    func `a token exchange of any other kind is refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey().secret
        for type in [
            "", "urn:ietf:params:oauth:token-type:id_token", "api-key", TokenCall.apiKeyType + " ",
        ] {
            try refused(
                TokenCall(
                    body: TokenCall.form([
                        ("grant_type", TokenCall.exchange), ("subject_token", key),
                        ("subject_token_type", type),
                    ])
                )
            )
        }
        try refused(TokenCall(exchanging: key, [("actor_token", "x"), ("actor_token_type", "y")]))
        try refused(
            TokenCall(
                exchanging: key,
                [("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")]
            )
        )
    }
}
