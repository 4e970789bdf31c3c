import Primitives
import Testing

@Suite("Allowed addresses without a trusted proxy", .serialized, .booth)
struct AllowedAddresses {
    // threats: IPA-01
    @Test(arguments: [
        "X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP",
    ])
    func `a header names no address when the peer is no trusted proxy`(header: String) throws {
        let booth = try Booth.current
        let elsewhere = try booth.makeKey("\"allowed_ips\":[\"192.0.2.0/24\"]").secret
        let here = try booth.makeKey("\"allowed_ips\":[\"127.0.0.1\"]").secret
        let value = header == "Forwarded" ? "for=192.0.2.1" : "192.0.2.1"
        var call = TokenCall(key: elsewhere)
        call.headers.append("\(header): \(value)")
        #expect(try booth.token(call).status == 401)
        call = TokenCall(key: here)
        call.headers.append("\(header): \(value)")
        #expect(try booth.token(call).status == 200)
    }

    // threats: IPA-03, IPA-07
    @Test
    func `a missing list allows all, an empty one none, and only a range with the peer lets in`() throws {
        let booth = try Booth.current
        let cases: [(list: String, status: Int)] = [
            ("null", 200), ("[]", 401), ("[\"127.0.0.0/8\"]", 200), ("[\"127.0.0.1\",\"::1\"]", 200),
            ("[\"0.0.0.0/0\"]", 200),
            ("[\"::/0\"]", 401), ("[\"10.0.0.0/8\"]", 401), ("[\"127.0.0.2\"]", 401),
        ]
        for (list, status) in cases {
            let key = try booth.makeKey("\"allowed_ips\":\(list)").secret
            #expect(try booth.token(TokenCall(key: key)).status == status, "\(list)")
            #expect(try booth.token(TokenCall(exchanging: key)).status == status, "\(list)")
        }
    }

    // threats: IPA-07
    @Test
    func `where project and key both have a list, both must match`() throws {
        let booth = try Booth.current
        let project = try booth.admin(
            "POST",
            "projects",
            "{\"name\":\"closed\",\"allowed_ips\":[\"192.0.2.0/24\"]}"
        )
        #expect(project.status == 201, "\(project.text)")
        let key = try booth.makeKey("\"project\":\"closed\",\"allowed_ips\":[\"127.0.0.1\"]").secret
        #expect(try booth.token(TokenCall(key: key)).status == 401)
        let id = try #require(project.json?["id"]?.string)
        #expect(try booth.admin("PATCH", "projects/\(id)", "{\"allowed_ips\":null}").status == 200)
        #expect(try booth.token(TokenCall(key: key)).status == 200)
    }

    // threats: IPA-04, IPA-05, IPA-06
    @Test(arguments: [
        "::ffff:10.0.0.0/8", "::ffff:10.0.0.0/104", "010.0.0.1", "0x0a.0.0.1", "10.1", "167772161",
        "１０.0.0.1", "10.0.0.1 ", " 10.0.0.1",
        "10.0.0.256", "1.2.3", "+1.2.3.4", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/",
        "/8", "10.0.0.1/8",
        "fe80::1%eth0", "[::1]:80", "[::1]", "1.2.3.4:80", "localhost", "*", "10.0.0.*", "10.0.0.1-10.0.0.9",
        "10.0.0.0/8/8", "1::2::3",
    ])
    func `a range that can be misread is refused at creation, by key and by project`(range: String) throws {
        let booth = try Booth.current
        let before = try (keys: booth.listed("keys"), projects: booth.listed("projects"))
        #expect(!before.keys.isEmpty && !before.projects.isEmpty)
        for path in ["keys", "projects"] {
            let response = try booth.admin("POST", path, "{\"name\":\"n\",\"allowed_ips\":[\"\(range)\"]}")
            #expect(response.status == 400 || response.status == 422, "\(response.text)")
            #expect(response.text.contains("/allowed_ips/0"))
        }
        #expect(try booth.listed("keys") == before.keys)
        #expect(try booth.listed("projects") == before.projects)
    }
}

@Suite(
    "Allowed addresses behind a trusted proxy",
    .serialized,
    .booth(configuration: "trusted_proxies: [127.0.0.1, 10.0.0.0/8, \"2001:db8::/32\"]\n")
)
struct ForwardedAddresses {
    // threats: IPA-02, IPA-03
    @Test(arguments: [
        (["192.0.2.1"], true), (["6.6.6.6, 192.0.2.1"], true), (["192.0.2.1, 6.6.6.6"], false),
        (["192.0.2.1, 10.1.2.3"], true),
        (["192.0.2.1", "10.1.2.3"], true), (["10.1.2.3", "192.0.2.1"], true),
        (["192.0.2.1,,10.0.0.1, "], true),
        (["::ffff:192.0.2.1"], true), (["6.6.6.6, ::ffff:192.0.2.1 , ::ffff:10.9.9.9,2001:db8::9"], true),
        (["192.0.2.1, nonsense"], false),
        (["192.0.2.1, unknown, 10.0.0.1"], false), (["192.0.2.1:80"], false), (["\"192.0.2.1\""], false),
        ([], false), ([""], false),
        (["10.0.0.1"], false), ([String(repeating: "6.6.6.6, ", count: 999) + "192.0.2.1"], true),
    ])
    func `the right-most entry that is no trusted proxy is the client`(values: [String], isAllowed: Bool)
        throws
    {
        let booth = try Booth.current
        var call = TokenCall(key: try booth.makeKey("\"allowed_ips\":[\"192.0.2.0/24\"]").secret)
        call.headers += values.map { "X-Forwarded-For: \($0)" }
        #expect(try booth.token(call).status == (isAllowed ? 200 : 401))
    }
}
