import AdminAPI
import OAuth
import Primitives
import Testing

@Suite("Messages of the admin API")
struct MessageTests {
    private static let key = #"""
        {"id":"key_01arz3ndektsv4rrffq69g5fav","name":"n","description":"","project":"prj_01arz3ndektsv4rrffq69g5fav",\#
        "owner":null,"subject":"s","hint":"tbk_0123…pQYh","scopes":["a"],"roles":["r"],\#
        "groups":["g"],"audiences":[],"grant_types":["client_credentials"],"claims":{"x":[1]},\#
        "admin_role":null,"may_exchange":[],"allowed_ips":[],"allowed_referrers":["https://app.example"],\#
        "access_token_ttl":null,"rate_limit":{"requests":100,"seconds":60},\#
        "quota":{"tokens":5,"period":"day","enforce":false},\#
        "expires_at":"2030-01-31T12:00:00Z","status":"active","created_at":"2026-01-01T00:00:00Z",\#
        "rotation":{"previous_expires_at":"2026-01-02T00:00:00Z","previous_hint":"tbk_0123…3210","current_revoked_at":null},\#
        "last_used_at":"2026-01-01T12:00:00Z","last_used_ip":"192.0.2.1"}
        """#

    @Test
    func `a key is read and printed as itself`() throws {
        #expect(text(try KeyMessage(parsing: try json(Self.key)).json) == Self.key)
    }

    @Test
    func `a client passes over members that it does not know, and misses those it needs`() throws {
        let grown = #"{"later":1,"# + Self.key.dropFirst()
        #expect(text(try KeyMessage(parsing: try json(grown)).json) == Self.key)
        let short = Self.key.replacing(#""hint":"tbk_0123…pQYh","#, with: "")
        #expect(mistakes { try KeyMessage(parsing: try json(short)) } == ["/hint": "is required"])
    }

    @Test
    func `a secret is in the answer to a creation and in nothing that prints it`() throws {
        let secret = APIKey.generate()
        let message = IssuedKeyMessage(key: try KeyMessage(parsing: try json(Self.key)), secret: secret)
        let shown = String(decoding: secret.secret, as: UTF8.self)
        #expect(text(message.json).hasSuffix(#","key":"\#(shown)"}"#))
        #expect(try IssuedKeyMessage(parsing: message.json).secret.secret == secret.secret)
        #expect(!"\(message)".contains(shown))
        #expect(!String(reflecting: message).contains(shown))
        let body = Self.key.dropLast() + #","key":"tbk_wrong"}"#
        #expect(
            mistakes { try IssuedKeyMessage(parsing: try json(String(body))) } == [
                "/key": "must be an API key"
            ]
        )
    }

    @Test(arguments: [
        (#"{"name":"prj_x"}"#, "/name"), (#"{"name":""}"#, "/name"), (#"{}"#, "/name"),
        (#"{"name":"p","default_scopes":["a b"]}"#, "/default_scopes/0"),
        (#"{"name":"p","default_audiences":[""]}"#, "/default_audiences/0"),
        (#"{"name":"p","access_token_ttl":0}"#, "/access_token_ttl"),
        (#"{"name":"p","id":"x"}"#, "/id"),
    ])
    func `a project's mistake is named by its pointer`(body: String, pointer: String) {
        #expect(Array(mistakes { try ProjectCreation(parsing: try json(body)) }.keys) == [pointer])
    }

    @Test
    func `a project is read and printed as itself`() throws {
        let body = #"""
            {"id":"prj_01arz3ndektsv4rrffq69g5fav","name":"p","default_audiences":["x"],"default_scopes":[],\#
            "access_token_ttl":60,"allowed_ips":null,"created_at":"2026-01-01T00:00:00Z"}
            """#
        #expect(text(try ProjectMessage(parsing: try json(body)).json) == body)
    }

    @Test(arguments: [
        (#"{"name":"a b"}"#, "/name"), (#"{"name":"a","built_in":true}"#, "/built_in"),
        (#"{"name":"a","description":null,"x":1}"#, "/x"),
    ])
    func `a scope's mistake is named by its pointer`(body: String, pointer: String) {
        #expect(Array(mistakes { try ScopeCreation(parsing: try json(body)) }.keys) == [pointer])
    }

    @Test(arguments: [
        (#"{"name":"a b"}"#, "/name"), (#"{"name":"a","typ":"jwt"}"#, "/typ"),
        (#"{"name":"a","alg":1}"#, "/alg"),
    ])
    func `an audience's mistake is named by its pointer`(body: String, pointer: String) {
        #expect(Array(mistakes { try AudienceCreation(parsing: try json(body)) }.keys) == [pointer])
    }

    @Test
    func `scopes, audiences, lists and problems are read and printed as themselves`() throws {
        let scope = #"{"name":"a:b","description":"d","built_in":false}"#
        #expect(text(try ScopeMessage(parsing: try json(scope)).json) == scope)
        let audience = #"{"name":"https://a.example","typ":"JWT","alg":null}"#
        #expect(text(try AudienceMessage(parsing: try json(audience)).json) == audience)
        let list = #"{"items":[1,2],"next_cursor":"YQ"}"#
        #expect(text(try ListMessage(parsing: try json(list)).json) == list)
        let problem = #"""
            {"type":"urn:tokenbooth:problem:invalid-input","title":"t","status":400,"detail":"d",\#
            "request_id":"r","errors":[{"pointer":"/name","detail":"is required"}]}
            """#
        #expect(text(try Problem(parsing: try json(problem)).json) == problem)
    }
}
