import Foundation
import OAuth
import Primitives
import Testing

@Suite("Token endpoint, invalid_client: RFC 6749 §2.3, §5.2", .serialized, .booth)
struct InvalidClient {
    /// As well-formed as a real one, and known to nobody.
    private static let unknown = String(decoding: APIKey.generate().secret, as: UTF8.self)

    /// Every way to carry an API key.
    private static func ways(_ key: String) -> [(call: TokenCall, challenge: String)] {
        func call(_ headers: [String], _ parameters: [(String, String)] = []) -> TokenCall {
            var call = TokenCall()
            call.headers = headers
            call.parameters += parameters
            return call
        }
        return [
            (call([TokenCall.basic("", key)]), "Basic"), (call(["X-API-Key: \(key)"]), "Basic"),
            (call([], [("client_secret", key)]), "Basic"), (TokenCall(exchanging: key), "Basic"),
            (call(["Authorization: Bearer \(key)"]), "Bearer"), (call(["Authorization: \(key)"]), "Bearer"),
        ]
    }

    private func refused(
        _ response: HTTPResponse,
        challenge: String = "Basic",
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == 401, sourceLocation: location)
        #expect(response.error == "invalid_client", sourceLocation: location)
        #expect(response["www-authenticate"] == "\(challenge) realm=\"tokenbooth\"", sourceLocation: location)
        #expect(response["cache-control"] == "no-store", sourceLocation: location)
    }

    // threats: AUT-01, AUT-02
    @Test
    func `a wrong key is refused with the challenge of the method that was tried`() throws {
        let booth = try Booth.current
        for (call, challenge) in Self.ways(Self.unknown) + Self.ways("no key at all") + Self.ways("tbk_short")
        {
            refused(try booth.token(call), challenge: challenge)
        }
        refused(try booth.token(TokenCall()))
    }

    @Test
    func `a good key is accepted in each of those ways`() throws {
        let booth = try Booth.current
        for (call, _) in Self.ways(try booth.makeKey().secret) {
            let response = try booth.token(call)
            #expect(response.status == 200, "\(response.text)")
        }
    }

    // threats: AUT-07
    @Test
    func `unknown, mistyped, expired, disabled, revoked and kept out keys are told apart by nobody`() throws {
        let booth = try Booth.current
        let good = try booth.makeKey()
        let disabled = try booth.makeKey()
        #expect(try booth.admin("POST", "keys/\(disabled.id)/disable").status == 200)
        let revoked = try booth.makeKey()
        #expect([200, 204].contains(try booth.admin("DELETE", "keys/\(revoked.id)").status))
        let elsewhere = try booth.makeKey("\"allowed_ips\":[\"192.0.2.0/24\"]")
        let nowhere = try booth.makeKey("\"allowed_ips\":[]")
        let now = Int64(Date().timeIntervalSince1970)
        let expired = try booth.makeKey("\"expires_at\":\"\(Timestamp.text(now + 2))\"")
        _ = eventually(seconds: 5) { Int64(Date().timeIntervalSince1970) > now + 2 ? true : nil }
        let mistyped = String(good.secret.dropLast()) + (good.secret.hasSuffix("0") ? "1" : "0")

        for index in Self.ways("").indices {
            let reference = try booth.token(Self.ways(Self.unknown)[index].call)
            refused(reference, challenge: Self.ways("")[index].challenge)
            for secret in [
                mistyped, disabled.secret, revoked.secret, elsewhere.secret, nowhere.secret, expired.secret,
            ] {
                let response = try booth.token(Self.ways(secret)[index].call)
                #expect(response.fingerprint == reference.fingerprint)
            }
        }
        #expect(try booth.token(TokenCall(key: good.secret)).status == 200)
    }

    // threats: AUT-07
    @Test
    func `with a wrong key, an id that exists is answered like one that does not`() throws {
        let booth = try Booth.current
        func flipped(_ text: String) -> String { String(text.dropLast()) + (text.hasSuffix("0") ? "1" : "0") }
        // Not its last character: keys of one millisecond have identifiers one after the other.
        func unissued(_ id: String) -> String {
            let tail = id.suffix(10)
            return id.dropLast(10) + (tail.hasPrefix("0") ? "1" : "0") + tail.dropFirst()
        }
        func ways(_ id: String, _ secret: String) -> [TokenCall] {
            var basic = TokenCall()
            basic.headers = [TokenCall.basic(id, secret)]
            var body = TokenCall()
            body.parameters += [("client_id", id), ("client_secret", secret)]
            return [basic, body]
        }
        let good = try booth.makeKey()
        let disabled = try booth.makeKey()
        #expect(try booth.admin("POST", "keys/\(disabled.id)/disable").status == 200)
        #expect(try booth.admin("GET", "keys/\(unissued(good.id))").status == 404)
        for secret in [Self.unknown, flipped(good.secret), disabled.secret, "no key at all"] {
            let references = try ways(unissued(good.id), secret).map { try booth.token($0) }
            for reference in references { refused(reference) }
            for id in [good.id, secret == disabled.secret ? good.id : disabled.id] {
                for (call, reference) in zip(ways(id, secret), references) {
                    #expect(try booth.token(call).fingerprint == reference.fingerprint)
                }
            }
        }
        for call in ways(good.id, good.secret) { #expect(try booth.token(call).status == 200) }
    }

    // threats: AUT-07
    @Test
    func `only the log says which cause it was`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        #expect(try booth.admin("POST", "keys/\(key.id)/disable").status == 200)
        var call = TokenCall(key: key.secret)
        call.headers.append("X-Request-Id: cause-1")
        refused(try booth.token(call))
        let line = booth.logLine(request: "cause-1")
        #expect(line?["error"]?.string == "invalid_client")
        #expect(line?["detail"]?.string?.contains(key.id) == true)
    }

    // threats: AUT-05
    @Test(arguments: ["Basic", "basic", "BASIC", "bAsIc "])
    func `the name of the scheme is compared without case, and spaces may follow it`(scheme: String) throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        var call = TokenCall()
        call.headers = ["Authorization: \(scheme) " + Data(":\(key.secret)".utf8).base64EncodedString()]
        #expect(try booth.token(call).status == 200)
    }

    // threats: AUT-06
    @Test
    func `a Basic value that is not a name and a key in strict base64 is refused`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let good = Data("\(key.id):\(key.secret)".utf8).base64EncodedString()
        func basic(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
        let values = [
            "%%%", "", basic(Array(key.secret.utf8)), basic(Array(":".utf8)), basic(Array("\(key.id):".utf8)),
            basic(Array("other:\(key.secret)".utf8)), basic(Array("\(key.id):\(key.secret)\0".utf8)),
            basic(Array("\(key.id.uppercased()):\(key.secret)".utf8)),
            basic([0xE9] + Array(":\(key.secret)".utf8)),
            basic(Array("%zz:\(key.secret)".utf8)), basic(Array(":\(key.secret)%".utf8)), good + "=",
            good + "A",
            String(repeating: "A", count: 20_000), good + " " + good,
        ]
        for value in values {
            var call = TokenCall()
            call.headers = ["Authorization: Basic \(value)"]
            let response = try booth.token(call)
            #expect(response.status == 401, "\(value): \(response.text)")
        }
    }

    // threats: AUT-06
    @Test
    func `user name and password of Basic are form-encoded`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey()
        func encoded(_ text: String) -> String { text.utf8.map { String(format: "%%%02x", $0) }.joined() }
        var call = TokenCall()
        call.headers = [TokenCall.basic(encoded(key.id), encoded(key.secret))]
        #expect(try booth.token(call).status == 200)
    }

    // threats: AUT-04
    @Test
    func `an API key as the Basic user name is refused with a word on where it goes, and is not logged`()
        throws
    {
        let booth = try Booth.current
        let key = try booth.makeKey()
        var call = TokenCall()
        call.headers = [TokenCall.basic(key.secret, "")]
        let response = try booth.token(call)
        refused(response)
        #expect(response.text.contains("password"))
    }

    // threats: AUT-16
    @Test
    func `a key of one issuer is unknown to another`() throws {
        let booth = try Booth.current
        let other = try Booth()
        refused(try other.token(TokenCall(key: try booth.makeKey().secret)))
    }
}
