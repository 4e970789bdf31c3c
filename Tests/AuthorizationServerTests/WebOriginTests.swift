import Testing

@testable import AuthorizationServer

@Suite("Origins of web pages: RFC 6454 §4, §6.2; RFC 9110 §10.1.3")
struct WebOriginTests {
    @Test(arguments: [
        "https://app.example", "http://localhost:3000", "http://127.0.0.1:8080", "https://[2001:db8::1]",
        "https://[2001:db8::1]:8443", "http://a", "https://xn--bcher-kva.example", "http://app.example:443",
    ])
    func `an origin is read in the one spelling that browsers send`(text: String) {
        #expect(WebOrigin(parsing: text.utf8) != nil)
        #expect(WebOrigin(ofURL: "\(text)/a/b?c#d".utf8) == WebOrigin(parsing: text.utf8))
    }

    @Test(arguments: [
        "", "null", "*", "https://*.example", "app.example", "//app.example", "https:app.example", "https://",
        "https://app.example/", "https://app.example?x", "https://app.example#x", "HTTPS://app.example",
        "https://App.example", "https://app.example:443", "http://app.example:80", "https://app.example:0443",
        "https://app.example:0", "https://app.example:65536", "https://app.example:",
        "https://app.example:+1",
        "https://app.example:1:2", "https://user@app.example", "https://app.example\\evil.example",
        "https://app.example evil", "https://bücher.example", "https://[2001:db8::1", "https://[]",
        "https://[1]",
        "https://[127.0.0.1]", "https://[::1]x", "ftp://app.example", "file://", "javascript://app.example",
        "https://app.example\u{0}", "https://" + String(repeating: "a", count: 300),
    ])
    func `anything else is no origin`(text: String) { #expect(WebOrigin(parsing: text.utf8) == nil) }

    @Test(arguments: [
        ("https://app.example/path?q#f", "https://app.example"),
        ("https://app.example", "https://app.example"),
        ("HTTPS://APP.Example:443/", "https://app.example"), ("http://a:80?x", "http://a"),
        ("https://app.example:8443#x", "https://app.example:8443"),
        ("https://app.example?https://evil.example", "https://app.example"),
    ])
    func `the origin of a URL is what stands before its path`(url: String, origin: String) {
        #expect(WebOrigin(ofURL: url.utf8) == WebOrigin(parsing: origin.utf8))
    }

    @Test(arguments: [
        "", "/path", "about:blank", "app.example/path", "https:/app.example",
        "data:text/html,https://app.example",
        "https://app.example@evil.example/", "https://evil.example\\@app.example/", "https:///app.example",
        "android-app://com.example", "https://app.example:x/",
    ])
    func `what hides a host or has none has no origin`(url: String) {
        #expect(WebOrigin(ofURL: url.utf8) == nil)
    }

    @Test(
        arguments: [
            (["https://app.example"], [], true), (["https://app.example"], ["https://evil.example/"], true),
            (["https://evil.example"], ["https://app.example/"], false),
            (["null"], ["https://app.example/"], false),
            ([""], ["https://app.example/"], false), ([], ["https://app.example/x"], true),
            ([], ["https://app.example.evil.example/"], false), ([], [], false),
            (["https://app.example", "https://app.example"], [], false),
            (["https://app.example, https://evil.example"], [], false),
            ([], ["https://app.example/", "https://app.example/"], false),
            (["http://app.example"], [], false),
            (["https://app.example:8443"], [], false), (["https://sub.app.example"], [], false),
        ] as [([String], [String], Bool)]
    )
    func `Origin decides, and only without it Referer; who says nothing or too much is refused`(
        origin: [String],
        referer: [String],
        isAllowed: Bool
    ) throws {
        let list = try #require(ReferrerList(parsing: ["http://localhost:3000", "https://app.example"]))
        #expect(list.allows(Referrer(origin: origin, referer: referer)) == isAllowed)
        let none = try #require(ReferrerList(parsing: []))
        #expect(!none.allows(Referrer(origin: origin, referer: referer)), "an empty list allows no page")
        #expect(ReferrerList(parsing: ["https://app.example", "*"]) == nil)
    }
}
