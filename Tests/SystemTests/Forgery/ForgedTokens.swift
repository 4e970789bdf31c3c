import Primitives
import Testing

/// Every place where the service takes a JWT from outside.
enum TokenInput: String, CaseIterable, CustomTestStringConvertible {
    case introspection, revocation, subjectToken, actorToken, adminBearer, forwardAuth

    var testDescription: String { rawValue }

    /// What it must find in `aud`; the others take a token whatever it is for.
    var audience: String? {
        switch self {
        case .adminBearer: "urn:tokenbooth:admin"
        case .forwardAuth: Booth.audience
        case .introspection, .revocation, .subjectToken, .actorToken: nil
        }
    }
}

@Suite("Forged tokens at every input that takes one: RFC 8725, RFC 9068 §4", .serialized, .booth)
struct ForgedTokens {
    /// One input, and a token that it takes.
    private struct Gate {
        let input: TokenInput
        let booth: Booth
        let key: MadeKey
        let genuine: String
        /// For an actor to act on.
        let subject: String

        init(_ input: TokenInput, _ booth: Booth) throws {
            self.input = input
            self.booth = booth
            let admin =
                "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
            key = try booth.makeKey(input == .adminBearer ? admin : "")
            genuine = try booth.accessToken(key)
            subject = try booth.accessToken(key)
        }

        /// Whether the token does what the genuine one would.
        func accepts(_ token: [UInt8], _ name: String) throws -> Bool {
            let text = String(decoding: token, as: UTF8.self)
            switch input {
            case .introspection:
                let response = try booth.introspect(text, by: key)
                let isInactive = response.status == 200 && response.text == #"{"active":false}"#
                #expect(
                    isInactive || [400, 413].contains(response.status)
                        || response.json?["active"]?.bool == true
                )
                return response.json?["active"]?.bool == true
            case .revocation:
                let response = try booth.revoke(text, by: key)
                #expect([200, 400, 413].contains(response.status), "\(name): \(response.text)")
                return try !booth.isActive(genuine, for: key)
            case .subjectToken: return try isGranted(TokenCall(exchangingToken: text, key: key.secret), name)
            case .actorToken:
                let actor = [("actor_token", text), ("actor_token_type", TokenCall.accessTokenType)]
                return try isGranted(TokenCall(exchangingToken: subject, key: key.secret, actor), name)
            case .adminBearer:
                let response = try booth.admin("GET", "keys", key: text)
                #expect([200, 400, 401, 431].contains(response.status), "\(name): \(response.text)")
                return response.status == 200
            case .forwardAuth:
                let response = try booth.forward(text)
                #expect([200, 400, 401, 403, 431].contains(response.status), "\(name): \(response.text)")
                return response.status == 200
            }
        }

        private func isGranted(_ call: TokenCall, _ name: String) throws -> Bool {
            let response = try booth.token(call)
            #expect(
                response.status == 200 || response.error == "invalid_request",
                "\(name): \(response.text)"
            )
            return response.status == 200
        }
    }

    // threats: JWT-01, JWT-02, JWT-03, JWT-04, JWT-05, JWT-06, JWT-07, JWT-08, JWT-09, JWT-11, JWT-14, JWT-15
    // threats: JWT-16, JWT-17, JWT-18, JWT-19, JWT-20, EXC-02, EXC-11, EXC-12, EXC-14, INT-02, REV-02
    @Test(arguments: TokenInput.allCases)
    func `no forgery is accepted, and what it was made of is`(input: TokenInput) throws {
        let booth = try Booth.current
        let gate = try Gate(input, booth)
        // A verifier whose clock is late honours a token for another minute, so it can be revoked for as long.
        let leeway: Int64 = input == .revocation ? 60 : 0
        let forgeries = try Forgeries(
            Forge(booth),
            of: gate.genuine,
            leeway: leeway,
            audience: input.audience
        )
        for forgery in try forgeries.all() {
            let isAccepted = try gate.accepts(forgery.token, forgery.name)
            #expect(!isAccepted, "\(forgery.name)")
        }
        #expect(try gate.accepts(forgeries.control(), "control"))
    }

    // threats: JWT-16
    @Test
    func `a subject that is named like another client gives nothing of that client's`() throws {
        let booth = try Booth.current
        let forge = try Forge(booth)
        func token(of key: MadeKey, about subject: String) throws -> String {
            let claims = try Forge.text(
                Forge.claims(of: booth.accessToken(key)),
                "sub",
                "\"\(subject)\""
            )
            return String(decoding: try forge.token(header: forge.header(), claims: claims), as: UTF8.self)
        }
        let (key, other) = (try booth.makeKey(), try booth.makeKey())
        let forged = try token(of: other, about: key.id)
        #expect(try booth.isActive(forged, for: other))
        #expect(try !booth.isActive(forged, for: key))
        let call = TokenCall(exchangingToken: forged, key: key.secret)
        #expect(try booth.token(call).error == "invalid_request")
        let actor = [("actor_token", forged), ("actor_token_type", TokenCall.accessTokenType)]
        let acting = try TokenCall(exchangingToken: booth.accessToken(key), key: key.secret, actor)
        #expect(try booth.token(acting).error == "invalid_request")
        #expect(try booth.forward(forged)["x-auth-client-id"] == other.id)
        #expect(try booth.revoke(forged, by: key).error == "unauthorized_client")
        #expect(try booth.isActive(forged, for: other))

        let reader = try booth.makeKey(
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
        )
        let root = try token(of: reader, about: forge.root)
        #expect(try booth.admin("GET", "keys", key: root).status == 200)
        // The root key keeps what this one loses.
        let scopes = #"{"scopes":["keys:write"]}"#
        #expect(try booth.admin("PATCH", "keys/\(reader.id)", scopes).status == 200)
        #expect(try booth.admin("GET", "keys", key: root).status == 403)
    }

    // threats: JWT-22
    @Test(arguments: TokenInput.allCases)
    func `a key that is published but does not sign yet signs nothing that is accepted`(
        input: TokenInput
    ) throws {
        let booth = try Booth.current
        let gate = try Gate(input, booth)
        let forge = try Forge(booth)
        let pending = try forge.pendingKey(of: booth)
        #expect(try booth.get("/oauth2/jwks").text.contains(pending.kid))
        let forged = try forge.token(
            header: forge.header("kid", "\"\(pending.kid)\""),
            claims: Forge.text(Forge.claims(of: gate.genuine)),
            key: pending
        )
        #expect(try !gate.accepts(forged, "a key that is not active yet"))
        #expect(try gate.accepts(Array(gate.genuine.utf8), "genuine"))
    }

    // threats: EXC-10
    @Test(arguments: [TokenInput.introspection, .subjectToken])
    func `four actors are as many as there may be`(input: TokenInput) throws {
        let booth = try Booth.current
        let gate = try Gate(input, booth)
        let forge = try Forge(booth)
        let claims = try Forge.claims(of: gate.genuine)
        for count in [4, 5, 15, 100] {
            let text = Forge.text(claims, "act", Forge.actors(count))
            let token = try forge.token(header: forge.header(), claims: text)
            #expect(try gate.accepts(token, "\(count) actors") == (count == 4), "\(count) actors")
        }
    }

    // threats: JWT-12, REV-10
    @Test
    func `a revoked token has no living twin`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let token = try booth.accessToken(key)
        let parts = token.split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(Array(parts[2].utf8)[...]))
        let twin = signature[..<32] + Self.negated(Array(signature[32...]))
        let other =
            "\(parts[0]).\(parts[1])." + String(decoding: Base64URL.encode(Array(twin)), as: UTF8.self)
        #expect(other != token)
        #expect(try booth.isActive(other, for: key))
        let resigned = try String(
            decoding: Forge(booth).token(
                header: Forge(booth).header(),
                claims: Forge.text(Forge.claims(of: token))
            ),
            as: UTF8.self
        )
        #expect(try booth.isActive(resigned, for: key))
        try booth.revoked(token, by: key)
        for spelling in [token, other, resigned, token + "!!!!", token + "==", token + ".", token + "\n"] {
            #expect(try !booth.isActive(spelling, for: key))
            let call = TokenCall(exchangingToken: spelling, key: key.secret)
            #expect(try booth.token(call).error == "invalid_request")
        }
    }

    /// n − s: with it the signature verifies too.
    private static func negated(_ s: [UInt8]) -> [UInt8] {
        var result: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        var borrow = 0
        for index in result.indices.reversed() {
            let digit = Int(result[index]) - Int(s[index]) - borrow
            borrow = digit < 0 ? 1 : 0
            result[index] = UInt8(truncatingIfNeeded: digit)
        }
        return result
    }
}
