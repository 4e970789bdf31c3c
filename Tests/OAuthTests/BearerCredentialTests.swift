import Testing

@testable import OAuth

@Suite("One credential at a protected resource: RFC 6750 §2.1, §3.1")
struct BearerCredentialTests {
    private let secret = String(decoding: APIKey.generate().secret, as: UTF8.self)

    /// What was found, in one word.
    private func find(_ authorization: [String], _ header: [String] = [], allows: Bool = true) -> String {
        switch BearerCredential(authorization: authorization, apiKeyHeader: header, allowsAPIKey: allows) {
        case .missing: "missing"
        case .unusable: "unusable"
        case .token(let token): "token " + String(decoding: token, as: UTF8.self)
        case .apiKey(nil): "no key"
        case .apiKey(let key?): key.secret.elementsEqual(secret.utf8) ? "key" : "another key"
        }
    }

    @Test
    func `a token is what follows Bearer, in any case`() {
        for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            #expect(find([value]) == "token a.b.c")
            #expect(find([value], allows: false) == "token a.b.c")
        }
        #expect(find(["Bearer a, Bearer b"]) == "token a, Bearer b")
    }

    @Test
    func `another scheme is no attempt, and neither is none`() {
        for value in ["Basic Og==", "Digest x", "Bearer", "Bearera.b.c", "a.b.c", ""] {
            #expect(find([value]) == "missing", "\(value)")
        }
        #expect(find([]) == "missing")
    }

    // threats: FWD-05
    @Test
    func `an API key is one only where it is allowed`() {
        #expect(find(["Bearer \(secret)"]) == "key" && find([], [secret]) == "key")
        #expect(find(["Bearer \(secret)"], allows: false) == "unusable")
        // The header is somebody else's then.
        #expect(find([], [secret], allows: false) == "missing")
        #expect(find(["Bearer a.b.c"], [secret], allows: false) == "token a.b.c")
        #expect(find(["Bearer tbk_short"]) == "no key" && find([], ["x"]) == "no key")
        #expect(find([secret]) == "unusable")
    }

    // threats: AUT-03
    @Test
    func `two credentials are none`() {
        #expect(find(["Bearer a", "Bearer a"]) == "unusable")
        #expect(find(["Bearer a", "Basic x"], allows: false) == "unusable")
        #expect(find(["Bearer a"], [secret]) == "unusable")
        #expect(find(["Basic x"], [secret]) == "unusable")
        #expect(find([], [secret, secret]) == "unusable")
    }
}
