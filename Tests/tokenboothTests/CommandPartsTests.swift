import AdminAPI
import AdminClient
import ArgumentParser
import OAuth
import Primitives
import Testing

@testable import tokenbooth

@Suite("Command line: parts")
struct CommandPartsTests {
    @Test(
        arguments: [
            ("90d", 7_776_000), ("12h", 43200), ("30m", 1800), ("45s", 45), ("2w", 1_209_600),
            ("36600d", 3_162_240_000),
        ] as [(String, Int64)]
    )
    func `a time span is a number and a unit`(text: String, seconds: Int64) {
        #expect(TimeSpan(parsing: text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "d", "90", "0d", "-1d", "+1d", "1.5d", "1y", "1 d", "90D", "٣d", "36601d",
        "99999999999999999999s",
    ])
    func `any other text is no time span`(text: String) {
        #expect(TimeSpan(parsing: text) == nil)
    }

    @Test(
        arguments: [
            (0, "0 seconds"), (1, "1 second"), (61, "1 minute 1 second"), (90061, "1 day 1 hour"),
            (172_800, "2 days"),
            (.min, "106751991167300 days 15 hours"),
        ] as [(Int64, String)]
    )
    func `a time span in words names its two largest units`(seconds: Int64, words: String) {
        #expect(TimeSpan(seconds: seconds).words == words)
    }

    @Test(
        arguments: [
            (#"{"name":"scopes","scopes":["x:read","y"]}"#, nil),
            (#"{"scopes":["x:read","y"],"name":"b"}"#, #""x:read","y""#), (#"{"scopes":[]}"#, ""),
            (#"{"scopes" :["x"]}"#, nil), (#"{"scopes": ["x"]}"#, nil),
            (#"{"scopes":["x"],"name":"\u0061"}"#, nil),
            (#"{"scopes":["x"],"claims":{"scopes":["y"]}}"#, nil), (#"{"name":"a"}"#, nil), ("", nil),
            (#"{"scopes":["#, nil), (#"{"scopes""#, nil), (#"{"my_scopes":["x"]}"#, nil),
        ] as [(String, String?)]
    )
    func `the scopes of a row are found without reading it, or not at all`(row: String, list: String?) {
        #expect(SpelledScopes.list(in: Array(row.utf8)).map { Array($0) } == list.map { Array($0.utf8) })
    }

    @Test
    func `columns line up, whatever width their characters have`() {
        let table = Table(
            header: ["NAME", "X"],
            rows: [["é", "1"], ["日本", "2"], ["e\u{301}", "3"], ["", "4"]]
        )
        #expect(table.lines(width: nil) == ["NAME  X", "é     1", "日本  2", "e\u{301}     3", "      4"])
    }

    @Test(arguments: [20, 40, 80])
    func `a table fits the terminal and keeps what names the row`(width: Int) {
        let wide = String(repeating: "日本語text", count: 30)
        let table = Table(header: ["ID", "A", "B"], rows: [["key_1", wide, wide], ["key_2", "x", wide]])
        let lines = table.lines(width: width)
        #expect(lines.allSatisfy { Table.width(of: $0) <= width })
        #expect(lines[1].hasPrefix("key_1"))
        #expect(lines[1].hasSuffix("…"))
    }

    // threats: CLI-01
    @Test
    func `what a server says cannot steer the terminal`() {
        let nasty = "a\u{1B}[2Jb\u{9B}31mc\r\nd\u{202E}e\u{2028}f"
        let text =
            Table(header: ["A"], rows: [[nasty]]).lines(width: nil).joined()
            + AdminSession.oneLine(Array("\"\(nasty)\"".utf8))
        for scalar in text.unicodeScalars {
            #expect(scalar.properties.generalCategory != .control)
            #expect(scalar.value != 0x202E && scalar.value != 0x2028)
        }
    }

    // threats: CLI-01
    @Test
    func `an API key in place of an id is refused without repeating it`() throws {
        let key = String(decoding: APIKey.generate().secret, as: UTF8.self)
        let failure = try #require(throws: CommandFailure.self) { try SecretArgument.checked(key) }
        #expect(failure.code == .usage)
        #expect(!failure.message.contains(key))
        #expect(try SecretArgument.checked("key_01") == "key_01")
    }

    @Test
    func `a problem document is told in words`() {
        let body = """
            {"title":"Invalid","detail":"two mistakes","errors":[{"pointer":"/name","detail":"is missing"}],"request_id":"r1"}
            """
        let words = AdminSession.refusal(.init(status: 422, body: Array(body.utf8)))
        #expect(words == "Invalid: two mistakes\n  /name: is missing\n  (request r1)")
        #expect(
            AdminSession.refusal(.init(status: 502, body: Array("<html>".utf8))) == "the server answered 502"
        )
        let error = #"{"error":"invalid_scope","error_description":"not held"}"#
        #expect(
            AdminSession.refusal(.init(status: 400, body: Array(error.utf8))) == "invalid_scope: not held"
        )
    }

    @Test
    func `flags of a key become its fields, and short names the full ones`() throws {
        let command = try KeysCreate.parse([
            "--name", "n", "--scope", "a", "--scope", "b", "--grant-type", "token-exchange", "--grant-type",
            "client_credentials", "--claims", #"{"tier":"gold"}"#, "--expires-in", "90d",
            "--access-token-ttl", "60",
        ])
        let fields = try command.fields.fields(now: 1_700_000_000)
        #expect(
            String(decoding: JSONValue.object(fields).serialized, as: UTF8.self) == """
                {"scopes":["a","b"],"grant_types":["urn:ietf:params:oauth:grant-type:token-exchange",\
                "client_credentials"],"claims":{"tier":"gold"},"access_token_ttl":60,"expires_at":"2024-02-12T22:13:20Z"}
                """
        )
    }

    @Test(arguments: [
        ["--name", "n", "--claims", "[]"], ["--name", "n", "--claims", "{\"a\":1,\"a\":2}"],
        ["--scope", "a"],
        ["--name", "n", "--expires-in", "90"], ["--name", "n", "--expires-in", "1d", "--expires-at", "x"],
        ["--name", "n", "--key", "tbk_x"],
    ])
    func `flags that cannot stand are usage errors`(arguments: [String]) {
        #expect(throws: (any Error).self) { try KeysCreate.parse(arguments) }
    }
}

@Suite("Command line: token inspect")
struct TokenReportTests {
    private static func token(_ header: String, _ payload: String) -> [UInt8] {
        let parts = [header, payload, "sig"].map { Base64URL.encode(Array($0.utf8)) }
        return Array(parts.joined(separator: [UInt8(ascii: ".")]))
    }

    @Test
    func `header and claims are shown, times in words`() throws {
        let token = Self.token(
            #"{"alg":"ES256"}"#,
            #"{"sub":"a","iat":1700000000,"exp":1700000300,"aud":["x","y"]}"#
        )
        let report = try TokenReport(parsing: token, now: 1_700_000_060)
        let table = report.table(width: nil)
        #expect(table.contains("2023-11-14T22:13:20Z (1 minute ago)"))
        #expect(table.contains("2023-11-14T22:18:20Z (in 4 minutes)"))
        #expect(table.contains("x y"))
        #expect(try TokenReport(parsing: token, now: 1_700_000_300).table(width: nil).contains("EXPIRED"))
        #expect(report.json.hasPrefix(#"{"verified":false,"header":{"alg":"ES256"},"claims":{"#))
    }

    @Test(arguments: [Int64.max, .min])
    func `a time that no calendar has ends nothing`(seconds: Int64) throws {
        let token = Self.token("{}", #"{"exp":\#(seconds),"nbf":1e400}"#)
        #expect(try !TokenReport(parsing: token, now: 1).table(width: 80).isEmpty)
    }

    @Test(arguments: ["", "a.b", "a.b.c", "e30.e30", "e30=.e30.x", "W10.e30.x", "e30.eyJhIjoxLCJhIjoyfQ.x"])
    func `what is no token is the answer wrong, exit 2`(text: String) throws {
        let failure = try #require(throws: CommandFailure.self) {
            try TokenReport(parsing: Array(text.utf8), now: 0)
        }
        #expect(failure.code == .wrong)
    }
}
