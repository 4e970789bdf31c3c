import Primitives
import Testing

@Suite("JSON: RFC 8259, RFC 8725 §2.4")
struct JSONParserTests {
    private func parse(_ text: String) -> [UInt8]? {
        try? JSONValue(parsing: Array(text.utf8)).serialized
    }

    @Test(arguments: [
        ("null", "null"), (" true\n", "true"), ("false", "false"), ("0", "0"), ("-0.5E+10", "-0.5E+10"),
        ("\"\"", "\"\""), ("[ ]", "[]"), ("{ }", "{}"), ("[1 , [2],{}]", "[1,[2],{}]"),
        (#"{"a":1,"b":[true,null]}"#, #"{"a":1,"b":[true,null]}"#),
        (#""\u0061\/\b\f\n\r\t\"\\""#, #""a/\b\f\n\r\t\"\\""#),
        (#""\ud83D\uDe00\u00e9\u0001""#, "\"😀é\\u0001\""),
        ("\"é\"", "\"é\""),
        // An NFC and an NFD spelling are two names.
        ("{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
        (
            "[12345678901234567890123456789012345678901234567890]",
            "[12345678901234567890123456789012345678901234567890]"
        ),
    ])
    func `a strict text is read and written back`(text: String, expected: String) {
        #expect(parse(text) == Array(expected.utf8))
    }

    // threats: JWT-08, JWT-07
    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5",
        "1e", "1e+",
        "0x10", "1 2", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "}", "{,}", "{\"a\"", "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\" 1}", "\"", "\"a", "\"\\", "\"\\x\"", "\"\\u12\"",
        "\"\\u12G4\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\u0000\"",
        "\"\u{1}\"", "\"\n\"",
        "\u{FEFF}{}", "{}\u{0}", "{} x", "{}{}", "// c\n{}", "{}/* c */", "\u{A0}1", "\u{C}1",
        #"{"a":1,"a":1}"#, #"{"alg":1,"\u0061lg":2}"#, #"{"x":{"a":1,"b":2,"a":3}}"#,
        "{\"\u{E9}\":1,\"\\u00e9\":2}",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    // threats: JWT-08
    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xC3, 0x22], [0x7B, 0x00, 0x7D, 0x00], [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00],
            [0x00, 0x7B, 0x00, 0x7D],
            [0x22, 0xFF, 0x5C, 0x6E, 0x22], [0xFF],
        ] as [[UInt8]]
    )
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    // threats: JWT-08
    @Test(arguments: [17, 513, 100_000])
    func `nesting beyond the limit is refused`(depth: Int) {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let text = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
            #expect(throws: JSONError.self) {
                try JSONValue(parsing: Array(String(repeating: open, count: depth).utf8), maximumDepth: 16)
            }
        }
    }

    @Test
    func `a greater limit than 128 counts as 128`() throws {
        let text = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        _ = try JSONValue(parsing: Array(text.utf8), maximumDepth: .max)
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array("[\(text)]".utf8), maximumDepth: .max)
        }
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array("[]".utf8), maximumDepth: .min) }
    }

    // threats: JWT-08
    @Test
    func `a hundred thousand members are read in linear time and a repeated one among them is found`() throws
    {
        let members = (0..<100_000).map { "\"m\($0)\":\($0)" }
        let duration = try ContinuousClock().measure {
            let value = try JSONValue(parsing: Array("{\(members.joined(separator: ","))}".utf8))
            #expect(value.object?.members.count == 100_000)
        }
        // A comparison of all pairs would take minutes.
        #expect(duration < .seconds(20))
        let repeated = (members + ["\"\\u006d77777\":0"]).joined(separator: ",")
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array("{\(repeated)}".utf8)) }
    }

    // threats: JWT-08
    @Test
    func `a string of ten megabytes is read in linear time`() throws {
        for unit in ["aaaa", "\\n\\n", "a\\u0061"] {
            let text = "\"" + String(repeating: unit, count: 10_485_760 / unit.utf8.count / 10) + "\""
            #expect(try JSONValue(parsing: Array(text.utf8)).string?.isEmpty == false)
        }
        let plain = [0x22] + [UInt8](repeating: 0x61, count: 10_485_760) + [0x22]
        #expect(try JSONValue(parsing: plain).string?.utf8.count == 10_485_760)
    }

    @Test
    func `an escaped NUL is accepted only where the caller says so`() throws {
        #expect(try JSONValue(parsing: Array(#""\u0000""#.utf8), rejectingNUL: false).string == "\0")
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil),
            ("1e300", nil), ("1E-999999999", nil),
            ("\"1\"", nil), ("true", nil), ("null", nil), ("[1]", nil),
        ] as [(String, Int64?)]
    )
    func `an integer is exact or absent`(text: String, expected: Int64?) throws {
        #expect(try JSONValue(parsing: Array(text.utf8)).integer == expected)
    }

    @Test
    func `members are found, replaced, appended and removed by their bytes`() {
        var object = JSONObject([("\u{E9}", .bool(true)), ("a", .null)])
        #expect(object["e\u{301}"] == nil)
        object["e\u{301}"] = .string("b")
        object["a"] = .number(JSONNumber(-7))
        object["\u{E9}"] = nil
        object["absent"] = nil
        #expect(JSONValue.object(object).serialized == Array("{\"a\":-7,\"e\u{301}\":\"b\"}".utf8))
    }

    @Test(arguments: [Int64.min, -10, -1, 0, 9, 10, 1_700_000_000, .max])
    func `integers are written in decimal`(value: Int64) {
        var output = Array("x".utf8)
        JSONText.appendInteger(value, to: &output)
        #expect(output == Array("x\(value)".utf8))
    }
}
