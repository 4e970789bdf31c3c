import Testing
import TokenVerifier

@Suite("The parts of the list of revoked tokens")
struct PartTests {
    private static let base = Workshop.revocations

    private func part(_ number: Int, of count: Int) -> String { "\(Self.base)?part=\(number)of\(count)" }

    @Test
    func `all parts are followed in their order, and each of them counts`() async throws {
        let workshop = try Workshop()
        for (number, address) in [Self.base, part(1, of: 3), part(2, of: 3)].enumerated() {
            let list = try workshop.revocationList(
                [Workshop.jti(UInt8(10 + number))],
                at: address,
                next: number < 2 ? part(number + 1, of: 3) : nil
            )
            workshop.replace(address, by: list)
        }
        let verifier = try await workshop.verifier()
        #expect(workshop.allFetches.suffix(3) == [Self.base, part(1, of: 3), part(2, of: 3)])
        for number in [10, 11, 12] as [UInt8] {
            let token = try workshop.token([("jti", "\"\(Workshop.jti(number))\"")])
            #expect(await refusal(token, by: verifier) == .revoked)
        }
        #expect(await refusal(try workshop.token(), by: verifier) == nil)
        workshop.keepUnchanged()
        workshop.time.advance(30)
        #expect(await verifier.refresh(), "each is confirmed by itself")
        #expect(workshop.fetches(part(2, of: 3)) == 2)
    }

    // threats: REV-15
    @Test(arguments: [
        "https://evil.example/oauth2/revocations?part=1of2", "https://auth.example/oauth2/revocations",
        "https://auth.example/oauth2/revocations?part=2of3",
        "https://auth.example/oauth2/revocations?part=0of2",
        "https://auth.example/oauth2/revocations?part=01of2",
        "https://auth.example/oauth2/revocations?part=1of1",
        "https://auth.example/oauth2/revocations?part=1of257",
        "https://auth.example/oauth2/revocations?part=1of99999999999999999999",
        "https://auth.example/oauth2/revocations?part=1of2&x=1", "https://auth.example/oauth2/jwks?part=1of2",
        "",
    ])
    func `a next that leads elsewhere, back or too far is not followed`(next: String) async throws {
        let workshop = try Workshop()
        workshop.replace(Self.base, by: try workshop.revocationList([], next: next))
        let verifier = try await workshop.verifier()
        #expect(workshop.allFetches == [Workshop.jwks, Self.base])
        #expect(await refusal(try workshop.token(), by: verifier) == .staleStatus)
    }

    // threats: REV-15
    @Test
    func `a list whose last parts are missing, or that is divided anew meanwhile, is not taken`() async throws
    {
        let workshop = try Workshop()
        workshop.replace(Self.base, by: try workshop.revocationList([], next: part(1, of: 3)))
        for next in [nil, part(2, of: 4), part(1, of: 3), Self.base] {
            let list = try workshop.revocationList([], at: part(1, of: 3), next: next)
            workshop.replace(part(1, of: 3), by: list)
            let verifier = try await workshop.verifier()
            #expect(await refusal(try workshop.token(), by: verifier) == .staleStatus, "\(next ?? "none")")
        }
    }
}
