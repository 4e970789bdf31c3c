import Foundation
import Primitives
import Testing

@Suite("Exchange of access tokens, refused: RFC 8693 §2.1, §2.2.2", .serialized, .booth)
struct ExchangeRefused {
    // threats: EXC-06, EXC-08
    @Test
    func `nothing is gained by an exchange`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let subject = try booth.accessToken(key, [("scope", "read"), ("audience", "urn:other")])
        try refused(subject, by: key, [("scope", "write")], "invalid_scope")
        try refused(subject, by: key, [("scope", "read write")], "invalid_scope")
        try refused(subject, by: key, [("scope", "rea")], "invalid_scope")
        for audience in [Booth.audience, "urn:othe", "urn:unknown", "URN:OTHER", "urn:tokenbooth:admin"] {
            try refused(subject, by: key, [("audience", audience)], "invalid_target")
        }
        try refused(subject, by: key, [("resource", "/relative")], "invalid_target")
        try refused(subject, by: key, [("audience", "urn:other"), ("audience", "urn:x")], "invalid_target")
        _ = try granted(subject, by: key, [("resource", "urn:other"), ("audience", "urn:other")])

        let short = try booth.makeKey("\"may_exchange\":[\"\(key.id)\"],\"access_token_ttl\":30")
        let claims = try Forge.claims(of: granted(subject, by: short))
        #expect(claims["exp"]?.integer == (claims["iat"]?.integer ?? 0) + 30)
    }

    // threats: EXC-01, EXC-04
    @Test
    func `parameters that are missing, unknown or alone are refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let type = ("subject_token_type", TokenCall.accessTokenType)
        for parameters in [
            [("subject_token", token)], [("subject_token", ""), type], [type],
            [("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")],
            [("subject_token", token), ("subject_token_type", "access_token")],
            [("subject_token", token), ("subject_token", token), type],
            [
                ("subject_token", token), type,
                ("requested_token_type", "urn:ietf:params:oauth:token-type:id_token"),
            ],
            [("subject_token", token), type, ("actor_token", token)],
            [("subject_token", token), type, ("actor_token_type", TokenCall.accessTokenType)],
            [("subject_token", token), type, ("actor_token", token), ("actor_token_type", "x")],
            [("subject_token[]", token), type],
        ] {
            var call = TokenCall(key: key.secret)
            call.parameters = [("grant_type", TokenCall.exchange)] + parameters
            let response = try booth.token(call)
            #expect(
                response.status == 400 && response.error == "invalid_request",
                "\(parameters): \(response.text)"
            )
        }
        for requested in ["access_token", "jwt"] {
            let type = ("requested_token_type", "urn:ietf:params:oauth:token-type:\(requested)")
            _ = try granted(token, by: key, [type])
        }
    }

    // threats: EXC-03
    @Test(arguments: [4_001, 16_384, 30_000])
    func `a giant subject token is refused and never becomes another grant`(count: Int) throws {
        let key = try Booth.current.makeKey()
        try refused(String(repeating: "a", count: count), by: key)
    }

    // threats: EXC-03
    @Test
    func `a subject token over the bound of a body is refused before it is read`() throws {
        let booth = try Booth.current
        let call = TokenCall(
            exchangingToken: String(repeating: "a", count: 63_000),
            key: try booth.makeKey().secret
        )
        let response = try booth.token(call)
        #expect(response.status == 413 && response.json?["access_token"] == nil, "\(response.text)")
    }

    @Test
    func `an access token is no credential`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        var call = TokenCall(exchangingToken: try booth.accessToken(key), key: key.secret)
        call.headers = []
        #expect(try booth.token(call).error == "invalid_client")
        let noGrant = try booth.makeKey("\"grant_types\":[\"client_credentials\"]")
        let refusal = try booth.token(
            TokenCall(exchangingToken: booth.accessToken(noGrant), key: noGrant.secret)
        )
        #expect(refusal.error == "unauthorized_client")
    }

    // threats: EXC-07
    @Test
    func `an admin token is neither subject nor actor`() throws {
        let booth = try Booth.current
        let members =
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\",\"urn:other\"],\"scopes\":[\"keys:read\"]"
        let admin = try booth.makeKey(members)
        let token = try booth.accessToken(admin, [("audience", "urn:tokenbooth:admin")])
        let plain = try booth.accessToken(admin, [("audience", "urn:other")])
        let service = try booth.makeKey("\"may_exchange\":[\"\(admin.id)\"]")
        try refused(token, by: service)
        try refused(token, by: admin)
        try refused(plain, by: admin, TokenCall.actor(token))
        try refused(plain, by: admin, [("audience", "urn:tokenbooth:admin")], "invalid_target")
        let derived = try granted(plain, by: service)
        #expect(try booth.admin("GET", "keys", key: derived).status == 401)
        let forge = try Forge(booth)
        let claims = Forge.text(try Forge.claims(of: token), "act", #"{"sub":"x"}"#)
        let forged = String(decoding: try forge.token(header: forge.header(), claims: claims), as: UTF8.self)
        #expect(try booth.admin("GET", "keys", key: token).status == 200)
        #expect(try booth.admin("GET", "keys", key: forged).status == 401)
    }

    @Test
    func `an actor token must be the client's own`() throws {
        let booth = try Booth.current
        let subject = try booth.makeKey()
        let members = "\"may_exchange\":[\"\(subject.id)\"],\"subject\":"
        let service = try booth.makeKey(members + "\"service:c\"")
        let other = try booth.makeKey(members + "\"service:d\"")
        let token = try booth.accessToken(subject)
        try refused(token, by: service, TokenCall.actor(booth.accessToken(other)))
        try refused(token, by: service, TokenCall.actor(token))
        let revoked = try booth.accessToken(service)
        try booth.revoked(revoked, by: service)
        try refused(token, by: service, TokenCall.actor(revoked))
        let derived = try granted(token, by: service, TokenCall.actor(booth.accessToken(service)))
        #expect(try Forge.claims(of: derived)["act"]?.serialized == Array(#"{"sub":"service:c"}"#.utf8))
        // Got for another: its `sub` is not the client's.
        try refused(token, by: service, TokenCall.actor(derived))
    }
}
