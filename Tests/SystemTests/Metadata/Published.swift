import JOSE
import Primitives
import Testing

@Suite("Metadata and keys: RFC 8414, RFC 7517", .serialized, .booth)
struct Published {
    // threats: MET-01
    @Test
    func `a spoofed host changes nothing`() throws {
        let booth = try Booth.current
        let plain = try booth.get("/.well-known/oauth-authorization-server")
        let request = [
            "GET /.well-known/oauth-authorization-server HTTP/1.1", "Host: evil.example",
            "X-Forwarded-Host: evil.example",
            "X-Forwarded-Proto: https", "X-Forwarded-Prefix: /evil",
            "Forwarded: host=evil.example;proto=https", "", "",
        ].joined(separator: "\r\n")
        let spoofed = try booth.send(request)
        #expect(spoofed.body == plain.body)
        #expect(plain.json?["issuer"]?.string == booth.issuer)
        var call = TokenCall(key: try booth.makeKey().secret)
        call.headers += ["X-Forwarded-Host: evil.example", "Forwarded: host=evil.example"]
        #expect(try AccessToken(booth.token(call), of: booth).claims["iss"]?.string == booth.issuer)
    }

    // threats: MET-02
    @Test
    func `what the metadata names is there and works, and no more is named`() throws {
        let booth = try Booth.current
        let response = try booth.get("/.well-known/oauth-authorization-server")
        let json = try #require(response.json)
        #expect(response["content-type"] == "application/json")
        #expect(response["access-control-allow-origin"] == "*")
        #expect(try booth.get("/.well-known/openid-configuration").body == response.body)
        for (name, value) in json.members where name.hasSuffix("_endpoint") || name.hasSuffix("_uri") {
            let url = try #require(value.string)
            let path = try #require(
                url.hasPrefix(booth.issuer) ? String(url.dropFirst(booth.issuer.count)) : nil
            )
            #expect(try booth.get(path).status != 404, "\(name)")
        }
        let (key, refreshing) = (try booth.makeKey(), try booth.makeRefreshingKey())
        for type in (json["grant_types_supported"]?.array ?? []).compactMap(\.string) {
            let call =
                switch type {
                case TokenCall.exchange: TokenCall(exchanging: key.secret)
                case "refresh_token":
                    TokenCall(refreshing: try booth.exchanged(refreshing), key: refreshing.secret)
                default: TokenCall(key: key.secret)
                }
            #expect(try booth.token(call).status == 200, "\(type)")
            #expect(["client_credentials", "refresh_token", TokenCall.exchange].contains(type))
        }
        let methods = json["token_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
        #expect(methods == ["client_secret_basic", "client_secret_post"])
        #expect(json["response_types_supported"]?.array?.compactMap(\.string) == ["none"])
        #expect(json["subject_types_supported"]?.array?.compactMap(\.string) == ["public"])
        let algorithms = json["id_token_signing_alg_values_supported"]?.array?.compactMap(\.string)
        let keys = try JWKSet(parsing: booth.get("/oauth2/jwks").body).keys
        #expect(algorithms == ["ES256"] && keys.allSatisfy { $0.algorithm == .es256 })
        for name in ["revocation", "introspection"] {
            let endpoint = try #require(json["\(name)_endpoint"]?.string)
            var call = TokenCall(presenting: "x", to: "", key: key.secret)
            call.path = String(endpoint.dropFirst(booth.issuer.count))
            #expect(try booth.token(call).status == 200)
            let methods = json["\(name)_endpoint_auth_methods_supported"]?.array?.compactMap(\.string)
            #expect(methods == ["client_secret_basic", "client_secret_post"])
        }
        let signing = json["introspection_signing_alg_values_supported"]?.array?.compactMap(\.string)
        #expect(signing == ["ES256"])
    }

    // threats: MET-03
    @Test
    func `keys are published without their private part, with an entity tag that works`() throws {
        let booth = try Booth.current
        let response = try booth.get("/oauth2/jwks")
        let keys = response.json?["keys"]?.array?.compactMap(\.object) ?? []
        #expect(!keys.isEmpty)
        for key in keys {
            for secret in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] { #expect(key[secret] == nil) }
            #expect(
                key["use"]?.string == "sig" && key["alg"]?.string != nil
                    && key["kid"]?.string?.utf8.count == 43
            )
        }
        let tag = try #require(response["etag"])
        #expect(response["cache-control"]?.contains("max-age=300") == true)
        #expect(response["access-control-allow-origin"] == "*")
        for condition in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let unchanged = try booth.get("/.well-known/jwks.json", headers: ["If-None-Match: \(condition)"])
            #expect(
                unchanged.status == 304 && unchanged.body.isEmpty && unchanged["etag"] == tag,
                "\(condition)"
            )
        }
        #expect(try booth.get("/oauth2/jwks", headers: ["If-None-Match: \"x\""]).status == 200)
    }

    @Test
    func `health, readiness and start are answered on both listeners`() throws {
        let booth = try Booth.current
        for path in ["/healthz", "/readyz", "/startupz"] {
            for listener in [ListenerName.public, .admin] {
                let response = try booth.get(path, from: listener)
                #expect(response.status == 200 && response.json?["status"]?.string == "ok")
                #expect(response["cache-control"] == "no-store")
            }
        }
    }

    @Test
    func `the page of the documentation asks for nothing from elsewhere`() throws {
        let response = try Booth.current.get("/docs")
        #expect(response.status == 200 && response["content-type"] == "text/html; charset=utf-8")
        #expect(response["content-security-policy"]?.contains("default-src 'none'") == true)
        #expect(!response.text.contains("<script"))
    }
}

@Suite(
    "An issuer with a path: RFC 8414 §3",
    .serialized,
    .booth(["--issuer", "https://auth.example/tenant/a"])
)
struct IssuerWithPath {
    @Test
    func `all public routes are under the path, the metadata also before it`() throws {
        let booth = try Booth.current
        #expect(booth.issuer == "https://auth.example/tenant/a")
        let prefix = "/tenant/a"
        for path in [
            "/tenant/a/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/tenant/a",
            "/tenant/a/.well-known/openid-configuration", "/.well-known/openid-configuration/tenant/a",
        ] {
            let json = try booth.get(path).json
            #expect(json?["issuer"]?.string == booth.issuer, "\(path)")
            #expect(json?["token_endpoint"]?.string == booth.issuer + "/oauth2/token")
        }
        for path in ["/oauth2/jwks", "/healthz", "/readyz", "/docs", "/openapi.yaml"] {
            #expect(try booth.get(prefix + path).status == 200, "\(path)")
            #expect(try booth.get(path).status == 404, "\(path)")
        }
        var call = TokenCall(key: try booth.makeKey().secret)
        #expect(try booth.token(call).status == 404)
        call.path = prefix + "/oauth2/token"
        #expect(try booth.token(call).status == 200)
        #expect(try booth.get("/healthz", from: .admin).status == 200)
    }
}
