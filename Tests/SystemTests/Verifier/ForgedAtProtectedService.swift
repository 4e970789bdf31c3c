import Testing

@Suite(
    "Forged tokens at a service that the verifier library protects: RFC 8725, RFC 9068 §4",
    .booth(["--dev"])
)
struct ForgedAtProtectedService {
    // threats: JWT-01, JWT-02, JWT-03, JWT-04, JWT-05, JWT-06, JWT-07, JWT-08, JWT-09, JWT-11, JWT-14, JWT-15
    // threats: JWT-16, JWT-17, JWT-18, JWT-19, JWT-20
    @Test
    func `no forgery is accepted, and what it was made of is`() async throws {
        let booth = try Booth.current
        try booth.makeNames(groups: ["finance"])
        let genuine = try booth.accessToken(booth.makeKey("\"groups\":[\"finance\"]"))
        // The default skew is the leeway.
        let forgeries = try Forgeries(Forge(booth), of: genuine, leeway: 60, audience: Booth.audience)
        try await ProtectedService.serving { ask in
            #expect(try await ask(genuine) == 200)
            for forgery in try forgeries.everywhere() {
                let status = try await ask(String(decoding: forgery.token, as: UTF8.self))
                #expect(status == 401, "\(forgery.name)")
            }
            // These only the issuer can make, and only it knows that it never does; a list that is not there cannot be
            // looked into.
            for forgery in try forgeries.atTheIssuer() {
                let status = try await ask(String(decoding: forgery.token, as: UTF8.self))
                #expect(status == (forgery.name.hasPrefix("status") ? 503 : 200), "\(forgery.name)")
            }
            #expect(try await ask(String(decoding: forgeries.control(), as: UTF8.self)) == 200)
            #expect(try await ask(genuine) == 200)
        }
    }
}
