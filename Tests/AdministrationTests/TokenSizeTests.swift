import Administration
import AuthorizationServer
import OAuth
import Primitives
import Testing

@Suite("The longest token of a key")
struct TokenSizeTests {
    let bound = TokenSizeBound(issuerLength: 21, signatureLength: 64)

    /// The token itself, as long as it can get, without its signature's bytes.
    private func token(subject: String, audiences: [String], scopes: [String], claims: JSONObject) -> Int {
        var object = JSONObject([
            ("iss", .string("http://127.0.0.1:8080")), ("sub", .string(subject)),
            ("aud", audiences.count == 1 ? .string(audiences[0]) : .array(audiences.map(JSONValue.string))),
            ("client_id", .string("key_01arz3ndektsv4rrffq69g5fav")), ("iat", .number(JSONNumber(.min))),
            ("exp", .number(JSONNumber(.min))), ("jti", .string(String(repeating: "j", count: 22))),
            ("token_type", .string("Bearer")), ("project", .string("prj_01arz3ndektsv4rrffq69g5fav")),
        ])
        let uri = "http://127.0.0.1:8080/oauth2/status-lists/" + String(repeating: "l", count: 11)
        let place = JSONObject([("idx", .number(JSONNumber(131_071))), ("uri", .string(uri))])
        object["status"] = .object(JSONObject([("status_list", .object(place))]))
        if !scopes.isEmpty { object["scope"] = .string(scopes.joined(separator: " ")) }
        for (name, value) in claims.members { object[name] = value }
        let header = JSONObject([
            ("alg", .string("ES256")), ("typ", .string("at+jwt")),
            ("kid", .string(String(repeating: "k", count: 43))),
        ])
        let parts = [
            JSONValue.object(header).serialized, JSONValue.object(object).serialized,
            Array(repeating: 0, count: 64),
        ]
        return parts.map { Base64URL.encode($0).count }.reduce(2, +)
    }

    @Test(arguments: [
        ("s", ["https://a.example"], [], "{}"),
        (#"a"b\c"#, [#"x"y"#, "https://a.example"], ["a", "b:c"], "{}"),
        ("key_01arz3ndektsv4rrffq69g5fav", ["a"], ["one:two"], #"{"team":"blue","é":[1,2,{"x":null}]}"#),
    ])
    func `the bound is the length of the longest token`(
        subject: String,
        audiences: [String],
        scopes: [String],
        claims: String
    ) throws {
        let object = try #require(try json(claims).object)
        // Dates are counted with 20 digits, and the smallest integer has that many characters.
        #expect(
            bound.length(subject: subject, audiences: audiences, scopes: scopes, claims: object)
                == token(subject: subject, audiences: audiences, scopes: scopes, claims: object)
        )
    }

    @Test(arguments: [(["reader"], []), ([], ["a"]), (["a", "b:c"], ["d/e", "f"])])
    func `names of roles and groups are counted as they stand in JSON`(roles: [String], groups: [String]) {
        let base = (subject: "s", audiences: ["https://a.example"], scopes: ["read"])
        var claims = JSONObject()
        if !roles.isEmpty { claims["roles"] = .array(roles.map(JSONValue.string)) }
        if !groups.isEmpty { claims["groups"] = .array(groups.map(JSONValue.string)) }
        #expect(
            bound.length(
                subject: base.subject,
                audiences: base.audiences,
                scopes: base.scopes,
                roles: roles,
                groups: groups,
                claims: JSONObject()
            )
                == token(
                    subject: base.subject,
                    audiences: base.audiences,
                    scopes: base.scopes,
                    claims: claims
                )
        )
    }

    @Test
    func `the audience of the admin API stands alone, and none at all may become the longest`() {
        func length(_ audiences: [String]) -> Int {
            bound.length(subject: "s", audiences: audiences, scopes: [], claims: JSONObject())
        }
        let admin = AudienceRecord.administration
        #expect(
            length([admin, "https://a-very-long-name.example"])
                == length(["https://a-very-long-name.example"])
        )
        #expect(length(["a", admin]) == length([admin]))
        #expect(length([]) == length([String(repeating: "a", count: 512)]))
    }

    @Test
    func `a key whose tokens could be too long is neither created nor made`() async throws {
        let booth = try await Booth()
        let audiences = (0..<6).map { #""https://\#(String(repeating: "a", count: 480)).\#($0)""# }
        let all = "[\(audiences.joined(separator: ","))]"
        let few = "[\(audiences.prefix(5).joined(separator: ","))]"
        #expect(
            try await outcome { try await booth.create(#"{"name":"n","audiences":\#(all)}"#) } == "invalid "
        )
        let id = try await booth.create(#"{"name":"n","audiences":\#(few)}"#).id
        #expect(try await outcome { try await booth.update(id, #"{"audiences":\#(all)}"#) } == "invalid ")
        let claims = String(repeating: "c", count: 1000)
        #expect(
            try await outcome { try await booth.update(id, #"{"claims":{"x":"\#(claims)"}}"#) } == "invalid "
        )
    }
}
