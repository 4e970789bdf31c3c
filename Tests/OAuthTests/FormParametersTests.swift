import Testing

@testable import OAuth

@Suite("Form parameters: RFC 6749 §3.2, Appendix B")
struct FormParametersTests {
    private func parse(_ text: String) throws -> FormParameters {
        try FormParameters(parsing: Array(text.utf8))
    }

    private func refused(_ bytes: [UInt8]) -> Bool {
        do throws(OAuthError) {
            _ = try FormParameters(parsing: bytes)
            return false
        } catch { return error.code == .invalidRequest }
    }

    // threats: TOK-07, TOK-15
    @Test
    func `names are decoded and flat, and unknown ones are passed over`() throws {
        let form = try parse("sc%6Fpe=a+b%20c&scope[]=x&scope%5B%5D=y&SCOPE=z&foo=1&foo=2&=3&&grant_type=%67")
        #expect(form[.scope] == Array("a b c".utf8))
        #expect(form[.grantType] == Array("g".utf8))
        #expect(form[.clientID] == nil)
    }

    // threats: TOK-04
    @Test
    func `a parameter without a value is absent, also beside one that has one`() throws {
        let form = try parse("scope&scope=&scope=a&scope&grant_type=")
        #expect(form[.scope] == Array("a".utf8))
        #expect(form[.grantType] == nil)
    }

    // threats: TOK-06
    @Test(arguments: ParameterName.allCases)
    func `only audience and resource may be repeated`(name: ParameterName) throws {
        let body = Array("\(name.text)=a&x=y&\(name.text)=b".utf8)
        guard name.mayRepeat else {
            #expect(refused(body))
            return
        }
        #expect(try FormParameters(parsing: body).all(name) == [Array("a".utf8), Array("b".utf8)])
        #expect(name == .audience || name == .resource)
    }

    // threats: TOK-14
    @Test
    func `broken escapes, NUL and bytes that are no UTF-8 are refused`() {
        for text in [
            "a=%", "a=%2", "a=%zz", "a=%+1", "%zz=a", "a=%00", "a=\u{0}", "a=%ff", "%c0%af=a", "a=%ed%a0%80",
            "a=%f5%80%80%80",
        ] {
            #expect(refused(Array(text.utf8)), "\(text)")
        }
        #expect(refused([UInt8(ascii: "a"), UInt8(ascii: "="), 0xFF]))
        #expect(!refused(Array("a=%F0%9F%98%80%c3%a9".utf8)))
    }

    // threats: TOK-12
    @Test
    func `more than a thousand and twenty-four parameters are refused`() {
        #expect(!refused(Array([String](repeating: "a=b", count: 1_024).joined(separator: "&").utf8)))
        #expect(refused(Array([String](repeating: "a=b", count: 1_025).joined(separator: "&").utf8)))
        #expect(refused(Array(String(repeating: "&", count: 1_025).utf8)))
    }

    @Test
    func `any bytes are read or refused, never a trap`() {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["%", "&", "=", "+", "a", "scope", "%41", "%e9", "\u{0}", "é", "[", "]"].map {
            Array($0.utf8)
        }
        for _ in 0..<5_000 {
            let body = (0..<Int.random(in: 0..<12, using: &generator)).flatMap { _ in
                pieces.randomElement(using: &generator) ?? []
            }
            _ = refused(body)
        }
    }
}
