import AdminAPI
import Administration
import OAuth
import Testing

@Suite("Referrers, administered")
struct ReferrerTests {
    let booth: Booth

    init() async throws { booth = try await Booth() }

    @Test(arguments: [
        (#"["https://app.example","http://localhost:3000"]"#, "done"), ("[]", "done"), ("null", "done"),
        (#"["https://app.example/"]"#, "invalid /allowed_referrers/0"),
        (#"["https://app.example","*"]"#, "invalid /allowed_referrers/1"),
        (#"["https://app.example:443"]"#, "invalid /allowed_referrers/0"),
        (#"["null"]"#, "invalid /allowed_referrers/0"), (#"[""]"#, "unreadable /allowed_referrers/0"),
        (#"["https://a","https://a"]"#, "unreadable /allowed_referrers/1"),
    ])
    func `referrers are origins as browsers send them`(list: String, expected: String) async throws {
        let body = #"{"name":"n","allowed_referrers":\#(list)}"#
        #expect(try await outcome { try await booth.create(body) } == expected)
        let id = try await booth.create(#"{"name":"n"}"#).id
        #expect(
            try await outcome { try await booth.update(id, #"{"allowed_referrers":\#(list)}"#) } == expected
        )
        if expected == "done", list != "null" {
            #expect(try await booth.stored(id).contains("\"allowed_referrers\":\(list)"))
        }
    }
}
