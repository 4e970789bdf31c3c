import AdminAPI
import OAuth
import Primitives
import Testing

@Suite("The body of a key's creation")
struct KeyRequestTests {
    /// Each value makes one mistake at its pointer and no other.
    // threats: ADM-01
    @Test(arguments: [
        (#"{}"#, "/name"),
        (#"{"name":null}"#, "/name"),
        (#"{"name":""}"#, "/name"),
        (#"{"name":1}"#, "/name"),
        (#"{"name":"a\nb"}"#, "/name"),
        (#"{"name":"a\u007fb"}"#, "/name"),
        (#"{"name":"a\u0085b"}"#, "/name"),
        (#"{"name":"n","role":"admin"}"#, "/role"),
        (#"{"name":"n","id":"key_x"}"#, "/id"),
        (#"{"name":"n","created_at":"2030-01-01T00:00:00Z"}"#, "/created_at"),
        (#"{"name":"n","a/b~c":1}"#, "/a~1b~0c"),
        (#"{"name":"n","description":1}"#, "/description"),
        (#"{"name":"n","project":7}"#, "/project"),
        (#"{"name":"n","subject":""}"#, "/subject"),
        (#"{"name":"n","subject":"a b"}"#, "/subject"),
        (#"{"name":"n","subject":"é"}"#, "/subject"),
        (#"{"name":"n","scopes":"read"}"#, "/scopes"),
        (#"{"name":"n","scopes":["a","b c"]}"#, "/scopes/1"),
        (#"{"name":"n","scopes":["a","é"]}"#, "/scopes/1"),
        (#"{"name":"n","scopes":["a",""]}"#, "/scopes/1"),
        (#"{"name":"n","scopes":["a","b*"]}"#, "/scopes/1"),
        (#"{"name":"n","scopes":["a","b","a"]}"#, "/scopes/2"),
        (#"{"name":"n","scopes":[null]}"#, "/scopes/0"),
        (#"{"name":"n","audiences":["https://a.example","a b"]}"#, "/audiences/1"),
        (#"{"name":"n","audiences":["x","x"]}"#, "/audiences/1"),
        (#"{"name":"n","grant_types":["refresh"]}"#, "/grant_types/0"),
        (#"{"name":"n","grant_types":["token-exchange"]}"#, "/grant_types/0"),
        (#"{"name":"n","grant_types":["client_credentials","client_credentials"]}"#, "/grant_types/1"),
        (#"{"name":"n","claims":[]}"#, "/claims"),
        (#"{"name":"n","claims":{"sub":"x"}}"#, "/claims/sub"),
        (#"{"name":"n","claims":{"typ":"x"}}"#, "/claims/typ"),
        (#"{"name":"n","admin_role":"root"}"#, "/admin_role"),
        (#"{"name":"n","admin_role":true}"#, "/admin_role"),
        (#"{"name":"n","allowed_ips":"10.0.0.1"}"#, "/allowed_ips"),
        (#"{"name":"n","allowed_ips":[1]}"#, "/allowed_ips/0"),
        (#"{"name":"n","access_token_ttl":29}"#, "/access_token_ttl"),
        (#"{"name":"n","access_token_ttl":3601}"#, "/access_token_ttl"),
        (#"{"name":"n","access_token_ttl":-1}"#, "/access_token_ttl"),
        (#"{"name":"n","access_token_ttl":1e2}"#, "/access_token_ttl"),
        (#"{"name":"n","access_token_ttl":99999999999999999999}"#, "/access_token_ttl"),
        (#"{"name":"n","access_token_ttl":"300"}"#, "/access_token_ttl"),
        (#"{"name":"n","expires_at":"tomorrow"}"#, "/expires_at"),
        (#"{"name":"n","expires_at":1900000000}"#, "/expires_at"),
        ("[]", ""),
        (#""n""#, ""),
    ])
    func `a mistake is named by its pointer`(body: String, pointer: String) {
        #expect(Array(mistakes { try KeyCreation(parsing: try json(body)) }.keys) == [pointer])
    }

    @Test
    func `all mistakes are told at once`() {
        let body = #"{"nmae":"x","scopes":["a b","ok","ok"],"access_token_ttl":1,"claims":{"iss":1,"exp":2}}"#
        let found = mistakes { try KeyCreation(parsing: try json(body)) }
        #expect(
            Set(found.keys) == [
                "/nmae", "/name", "/scopes/0", "/scopes/2", "/access_token_ttl", "/claims/iss", "/claims/exp",
            ]
        )
    }

    @Test(arguments: [
        ("name", 128), ("description", 1024), ("project", 128), ("subject", 255),
    ])
    func `text fits up to its limit and no further`(member: String, limit: Int) {
        func body(_ count: Int) -> String {
            let text = String(repeating: "x", count: count)
            return member == "name" ? #"{"name":"\#(text)"}"# : #"{"name":"n","\#(member)":"\#(text)"}"#
        }
        #expect(mistakes { try KeyCreation(parsing: try json(body(limit))) }.isEmpty)
        #expect(
            Array(mistakes { try KeyCreation(parsing: try json(body(limit + 1))) }.keys) == ["/\(member)"]
        )
    }

    @Test(arguments: [
        (
            "scopes", 64, #"["\#(String(repeating: "s", count: 64))"]"#,
            #"["\#(String(repeating: "s", count: 65))"]"#
        ),
        (
            "audiences", 512, #"["\#(String(repeating: "a", count: 512))"]"#,
            #"["\#(String(repeating: "a", count: 513))"]"#
        ),
        (
            "audiences", 512, #"["\#(String(repeating: #"\""#, count: 256))"]"#,
            #"["\#(String(repeating: #"\""#, count: 257))"]"#
        ),
    ])
    func `names fit up to their limit and no further`(member: String, limit: Int, good: String, bad: String) {
        #expect(
            mistakes { try KeyCreation(parsing: try json(#"{"name":"n","\#(member)":\#(good)}"#)) }.isEmpty
        )
        #expect(
            Array(mistakes { try KeyCreation(parsing: try json(#"{"name":"n","\#(member)":\#(bad)}"#)) }.keys)
                == ["/\(member)/0"]
        )
    }

    @Test
    func `a list has at most a hundred entries`() {
        func body(_ count: Int) -> String {
            let list = (0..<count).map { #""s\#($0)""# }.joined(separator: ",")
            return #"{"name":"n","scopes":[\#(list)]}"#
        }
        #expect(mistakes { try KeyCreation(parsing: try json(body(100))) }.isEmpty)
        #expect(Array(mistakes { try KeyCreation(parsing: try json(body(101))) }.keys) == ["/scopes"])
    }

    @Test
    func `claims have at most two kibibytes`() {
        func body(_ count: Int) -> String {
            // {"x":"…"} is eight bytes more than its text.
            #"{"name":"n","claims":{"x":"\#(String(repeating: "y", count: count - 8))"}}"#
        }
        #expect(mistakes { try KeyCreation(parsing: try json(body(2048))) }.isEmpty)
        #expect(Array(mistakes { try KeyCreation(parsing: try json(body(2049))) }.keys) == ["/claims"])
    }

    @Test
    func `every reserved claim is refused`() {
        for name in ClaimRules.reserved {
            let body = #"{"name":"n","claims":{"\#(name)":1}}"#
            #expect(Array(mistakes { try KeyCreation(parsing: try json(body)) }.keys) == ["/claims/\(name)"])
        }
    }

    // threats: SCP-06
    @Test
    func `a name is kept byte for byte, whatever its normal form`() throws {
        for name in ["e\u{301}", "\u{e9}", " padded ", "\u{1F511}"] {
            let creation = try KeyCreation(parsing: .object(JSONObject([("name", .string(name))])))
            #expect(Array(creation.name.utf8) == Array(name.utf8))
        }
        let twins = #"{"name":"n","claims":{"\#u{e9}":1,"e\#u{301}":2}}"#
        #expect(try KeyCreation(parsing: try json(twins)).claims?.members.count == 2)
    }

    @Test
    func `every member of a creation and of a patch is read`() throws {
        let body = try json(
            #"""
            {"name":"n","description":"d","project":"default","subject":"alice","scopes":["a:b"],\#
            "audiences":["https://a.example"],"grant_types":["client_credentials"],"claims":{"t":null},\#
            "admin_role":"admin","allowed_ips":[],"access_token_ttl":60,"expires_at":"2030-01-31T12:00:00Z"}
            """#
        )
        let (creation, patch) = (try KeyCreation(parsing: body), try KeyPatch(parsing: body))
        #expect(creation.name == "n" && patch.name == "n")
        #expect(creation.project == "default" && patch.project == "default")
        #expect(creation.description == "d" && patch.description.value == "d")
        #expect(creation.subject == "alice" && patch.subject.value == "alice")
        #expect(creation.scopes == ["a:b"] && patch.scopes.value == ["a:b"])
        #expect(creation.audiences == ["https://a.example"])
        #expect(patch.audiences.value == ["https://a.example"])
        #expect(creation.grantTypes == [.clientCredentials])
        #expect(patch.grantTypes.value == [.clientCredentials])
        for claims in [creation.claims, patch.claims.value] {
            #expect(claims.map { text(.object($0)) } == #"{"t":null}"#)
        }
        #expect(creation.adminRole == "admin" && patch.adminRole.value == "admin")
        #expect(creation.allowedIPs == [] && patch.allowedIPs.value == [])
        #expect(creation.accessTokenTTL == 60 && patch.accessTokenTTL.value == 60)
        let end = NumericDate(1_896_091_200)
        #expect(creation.expiresAt == end && patch.expiresAt.value == end)
    }
}
