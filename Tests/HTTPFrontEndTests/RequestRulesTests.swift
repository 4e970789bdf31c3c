import AuthorizationServer
import NIOHTTP1
import Testing

@testable import HTTPFrontEnd

@Suite("Request rules: RFC 9112 §3.2, §6")
struct RequestRulesTests {
    private func status(
        _ uri: String = "/",
        version: HTTPVersion = .http1_1,
        _ headers: [(String, String)] = [("Host", "a")]
    ) -> Int? {
        let head = HTTPRequestHead(version: version, method: .POST, uri: uri, headers: HTTPHeaders(headers))
        return RequestRules.violation(of: head, KnownFields(head.headers), bounds: Bounds())?.status
    }

    @Test
    func `a plain request is let through`() {
        #expect(status() == nil)
        #expect(status("/a?b=%ff#") == nil)
        #expect(status(version: .http1_0, []) == nil)
        for host in ["a", "a.example:80", "127.0.0.1", "[::1]:8080", "A-b_c"] {
            #expect(status([("Host", host)]) == nil)
        }
    }

    private func status(_ headers: [(String, String)]) -> Int? { status("/", headers) }

    // threats: HTP-07
    @Test
    func `the target is a path of visible ASCII and at most 8 KiB`() {
        for uri in ["", "*", "a", "http://a/", "a:443", "/ b", "/\u{7F}", "/é", "/\u{0}", "\\/"] {
            #expect(status(uri) == 400)
        }
        #expect(status("/" + String(repeating: "a", count: 8 * 1024 - 1)) == nil)
        #expect(status("/" + String(repeating: "a", count: 8 * 1024)) == 414)
    }

    // threats: HTP-07
    @Test
    func `Host stands there once and is only a name`() {
        #expect(status([]) == 400)
        #expect(status([("Host", "a"), ("host", "a")]) == 400)
        for host in ["a/b", "u@a", "a b", "a,b", "é", "a\r\nb", "a?b", "a%20"] {
            #expect(status([("Host", host)]) == 400)
        }
    }

    // threats: HTP-01, HTP-02
    @Test
    func `the length of the body is said in one way`() {
        let host = ("Host", "a")
        for length in ["", "+5", "-1", "0x5", "5 ", "5,5", "1_0", "５", "9999999999999999999"] {
            #expect(status([host, ("Content-Length", length)]) == 400, "\(length)")
        }
        #expect(status([host, ("Content-Length", "5"), ("content-length", "5")]) == 400)
        #expect(status([host, ("Content-Length", "5"), ("Transfer-Encoding", "chunked")]) == 400)
        for coding in [
            "identity", "gzip, chunked", "chunked, chunked", "xchunked", "chun\u{212A}ed", "\"chunked\"",
        ] {
            #expect(status([host, ("Transfer-Encoding", coding)]) == 400, "\(coding)")
        }
        #expect(status([host, ("Transfer-Encoding", "Chunked")]) == nil)
        #expect(status("/", version: .http1_0, [host, ("Transfer-Encoding", "chunked")]) == 400)
    }

    // threats: HTP-16
    @Test
    func `other versions and expectations are refused`() {
        for version in [
            HTTPVersion(major: 1, minor: 2), HTTPVersion(major: 2, minor: 0), HTTPVersion(major: 0, minor: 9),
        ] {
            #expect(status("/", version: version) == 400)
        }
        #expect(status([("Host", "a"), ("Expect", "100-Continue")]) == nil)
        #expect(status([("Host", "a"), ("Expect", "something")]) == 417)
    }
}

@Suite("Form content type: RFC 6749 Appendix B")
struct FormContentTypeTests {
    // threats: TOK-08, TOK-09
    @Test
    func `only a form in UTF-8 is acceptable`() {
        let form = "application/x-www-form-urlencoded"
        for value in [
            form, form.uppercased(), form + ";charset=utf-8", form + " ; charset=UTF-8 ;",
            form + "; charset=\"utf-8\"",
        ] {
            #expect(FormContentType.isAcceptable(.one(value)), "\(value)")
        }
        for value in [
            "", form + "X", form + "; charset=utf-16", form + "; boundary=x", "text/plain",
            form + ", " + form, form + "\u{301}",
        ] {
            #expect(!FormContentType.isAcceptable(.one(value)), "\(value)")
        }
        #expect(!FormContentType.isAcceptable(.none))
        #expect(!FormContentType.isAcceptable(.several([form, form])))
    }
}

@Suite("Client address behind proxies")
struct ClientAddressTests {
    private let proxies: AddressList
    private let proxy: IPAddress

    init() throws {
        proxies = try AddressList(parsing: ["10.0.0.0/8", "2001:db8::/32"])
        proxy = try #require(IPAddress(parsing: "10.0.0.1".utf8))
    }

    private func resolve(_ values: [String], peer: IPAddress? = nil, trusted: AddressList? = nil) -> String? {
        let headers = HTTPHeaders(values.map { ("X-Forwarded-For", $0) })
        return ClientAddress.resolve(peer: peer ?? proxy, headers: headers, trusted: trusted ?? proxies)?.text
    }

    // threats: IPA-01
    @Test
    func `a peer that is no trusted proxy is itself the client`() throws {
        let stranger = try #require(IPAddress(parsing: "192.0.2.9".utf8))
        #expect(resolve(["6.6.6.6"], peer: stranger) == "192.0.2.9")
        #expect(resolve(["6.6.6.6"], trusted: AddressList([])) == "10.0.0.1")
        #expect(
            ClientAddress.resolve(peer: nil, headers: ["X-Forwarded-For": "6.6.6.6"], trusted: proxies) == nil
        )
    }

    // threats: IPA-02, IPA-03
    @Test(
        arguments: [
            ([], "10.0.0.1"), ([""], "10.0.0.1"), (["192.0.2.1"], "192.0.2.1"),
            (["6.6.6.6, 192.0.2.1"], "192.0.2.1"),
            (["6.6.6.6", " 192.0.2.1 "], "192.0.2.1"), (["192.0.2.1, 10.9.9.9, ,2001:db8::1,"], "192.0.2.1"),
            (["10.2.2.2, 10.3.3.3"], "10.2.2.2"), (["::ffff:192.0.2.1"], "192.0.2.1"),
            (["192.0.2.1, ::ffff:10.3.3.3"], "192.0.2.1"),
            (["192.0.2.1, x"], nil), (["192.0.2.1:80"], nil), (["010.0.0.1"], nil),
            (["192.0.2.1, \u{661}.0.0.1, 10.1.1.1"], nil),
        ] as [([String], String?)]
    )
    func `the walk goes from the right to the first entry that is no trusted proxy`(
        values: [String],
        client: String?
    ) {
        #expect(resolve(values) == client)
    }

    // threats: IPA-02
    @Test
    func `a thousand entries are walked once`() {
        #expect(resolve([String](repeating: "10.0.0.2, 10.0.0.3", count: 500)) == "10.0.0.2")
        #expect(
            resolve([(0..<1_000).map { _ in "6.6.6.6" }.joined(separator: ",") + ",192.0.2.1"]) == "192.0.2.1"
        )
    }
}

@Suite("Calendar: RFC 9110 §5.6.7, RFC 3339 §5.6")
struct CivilTimeTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00"),
        ] as [(Int64, String, String)]
    )
    func `a moment is written in both forms`(seconds: Int64, date: String, timestamp: String) {
        let time = CivilTime(unixTime: seconds)
        #expect(String(decoding: time.httpDate, as: UTF8.self) == date)
        #expect(String(decoding: time.timestamp, as: UTF8.self) == timestamp)
    }

    @Test
    func `any number is some moment`() {
        for seconds in [Int64.min + 100_000, -62_135_596_801, Int64.max / 1_000] {
            _ = CivilTime(unixTime: seconds).httpDate
        }
    }
}
