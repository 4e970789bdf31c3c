import Foundation
import JOSE
import Primitives
import Testing

@Suite("Leaked keys: POST /leaks")
struct Reported {
    private let signer: SigningKey
    private let booth: Booth

    init() throws {
        signer = try SigningKey.generate(.es256)
        let directory = try TemporaryDirectory()
        let file = try directory.file("reporters.json", Self.reporters("k1", signer))
        booth = try Booth(configuration: "leak_keys_file: \(file)", in: directory)
    }

    /// A `leak_keys_file` with one key.
    private static func reporters(_ name: String, _ signer: SigningKey) -> String {
        let pem = JSONValue.string(String(decoding: signer.publicKey.pem, as: UTF8.self)).serialized
        return
            "{\"public_keys\":[{\"key_identifier\":\"\(name)\",\"key\":\(String(decoding: pem, as: UTF8.self)),"
            + "\"is_current\":true}]}"
    }

    /// The signature in DER and base64 as the scanner sends it.
    private func signature(_ body: String, by key: SigningKey? = nil) throws -> String {
        let raw = try SigningContext(key ?? signer).sign(Array(body.utf8).span)
        func integer(_ number: ArraySlice<UInt8>) -> [UInt8] {
            let digits = Array(number.drop { $0 == 0 })
            let padded = digits.first.map { $0 >= 0x80 } ?? true ? [0] + digits : digits
            return [0x02, UInt8(padded.count)] + padded
        }
        let integers = integer(raw[..<32]) + integer(raw[32...])
        return Data([0x30, UInt8(integers.count)] + integers).base64EncodedString()
    }

    private func report(_ body: String, signature: String, key: String = "k1") throws -> HTTPResponse {
        let head = Booth.head(
            "POST",
            "/leaks",
            [
                "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
                "Github-Public-Key-Identifier: \(key)", "Github-Public-Key-Signature: \(signature)",
            ]
        )
        return try booth.send(head + "\r\n" + body)
    }

    private func body(_ tokens: [String]) -> String {
        "["
            + tokens.map {
                "{\"token\":\"\($0)\",\"type\":\"tokenbooth_api_key\",\"url\":\"https://x.example/\",\"source\":\"commit\"}"
            }
            .joined(separator: ",") + "]"
    }

    @Test
    func `a reported key is refused from the answer on, is audited, and strangers are said to be strange`()
        throws
    {
        let key = try booth.makeKey()
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        let body = body([key.secret, "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"])
        let answer = try report(body, signature: try signature(body))
        #expect(answer.status == 200, "\(answer.text)")
        #expect(try booth.token(TokenCall(key: key.secret)).status == 401)
        let feedback = try #require(try JSONValue(parsing: answer.body).array?.compactMap(\.object))
        #expect(feedback.compactMap { $0["label"]?.string } == ["true_positive", "false_positive"])
        #expect(feedback.first?["token_hash"]?.string == SHA256.hash(Array(key.secret.utf8)).hexadecimal)
        let events = try booth.admin("GET", "audit?action=report_leak").json?["items"]?.array
        #expect(events?.count == 1)
        #expect(events?.first?.object?["target"]?.string == key.id)
        #expect(events?.first?.object?["actor"]?.string == "secret-scanning")
        // Once more is the same.
        #expect(try report(body, signature: try signature(body)).text == answer.text)
        AfterEachTest.searchFiles(booth)
    }

    @Test
    func `a report that is not signed over these very bytes does nothing`() throws {
        let key = try booth.makeKey()
        let body = body([key.secret])
        let good = try signature(body)
        let other = try SigningKey.generate(.es256)
        for (body, signature, name) in [
            (body, try signature(body, by: other), "k1"), (body + " ", good, "k1"), (body, good, "k2"),
            (body, "", "k1"), (body, "!", "k1"), (body, String(good.dropLast(4)), "k1"), ("", good, "k1"),
        ] {
            #expect(try report(body, signature: signature, key: name).status == 403)
        }
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
    }

    @Test
    func `after SIGHUP the reporters are those of the file that is named then`() throws {
        let next = try SigningKey.generate(.es256)
        let body = body(["tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7"])
        func statuses() throws -> [Int] {
            try [
                report(body, signature: try signature(body)).status,
                report(body, signature: try signature(body, by: next), key: "k2").status,
            ]
        }
        #expect(try statuses() == [200, 403])
        let path = booth.directory.path
        let configuration = "rate_limits: {failed_authentications: none}\nleak_keys_file: \(path)/next.json\n"
        try booth.directory.file("next.json", "{\"public_keys\":")
        try booth.directory.file("config.yaml", configuration)
        booth.process.signal(SIGHUP)
        let kept = eventually { Booth.event("settings not reloaded: the old ones stay", in: booth.log) }
        #expect(kept?["level"]?.string == "error")
        #expect(try statuses() == [200, 403])
        try booth.directory.file("next.json", Self.reporters("k2", next))
        booth.process.signal(SIGHUP)
        #expect(eventually { (try? statuses() == [403, 200]) == true ? true : nil } == true)
        // The same name with other content is read anew, too.
        try booth.directory.file("next.json", Self.reporters("k1", signer))
        booth.process.signal(SIGHUP)
        #expect(eventually { (try? statuses() == [200, 403]) == true ? true : nil } == true)
    }

    @Test
    func `a hundred entries are taken at once`() throws {
        let keys = try (0..<3).map { _ in try booth.makeKey() }
        var tokens = (0..<97).map { "tbk_nothing_\($0)" }
        for (place, key) in zip([0, 50, 99], keys) { tokens.insert(key.secret, at: place) }
        let body = body(tokens)
        let answer = try report(body, signature: try signature(body))
        #expect(answer.status == 200, "\(answer.text)")
        let feedback = try #require(try JSONValue(parsing: answer.body).array?.compactMap(\.object))
        #expect(feedback.count == 100)
        #expect(feedback.count { $0["label"]?.string == "true_positive" } == 3)
        for key in keys { #expect(try booth.token(TokenCall(key: key.secret)).status == 401) }
    }

    @Test
    func `of two secrets that overlap the one that lies in public ends alone`() throws {
        let old = try booth.makeKey()
        let rotated = try booth.admin("POST", "keys/\(old.id)/rotate", "{\"grace_seconds\":3600}")
        let new = MadeKey(id: old.id, secret: try #require(rotated.json?["key"]?.string, "\(rotated.text)"))
        booth.canaries.add(new.secret)
        func statuses() throws -> [Int] {
            try [old, new].map { try booth.token(TokenCall(key: $0.secret)).status }
        }
        #expect(try statuses() == [200, 200])
        let first = body([old.secret])
        #expect(try report(first, signature: try signature(first)).status == 200)
        #expect(try statuses() == [401, 200])
        #expect(try booth.admin("GET", "keys/\(old.id)").json?["status"]?.string == "active")
        let second = body([new.secret])
        #expect(try report(second, signature: try signature(second)).status == 200)
        #expect(try statuses() == [401, 401])
        #expect(try booth.admin("GET", "keys/\(old.id)").json?["status"]?.string == "revoked")
    }

    @Test
    func `a signed report that is none, or too large, is refused`() throws {
        let many = body(Array(repeating: "x", count: 101))
        for text in ["", "{}", "[]", "[{}]", "null", many] {
            #expect(try report(text, signature: try signature(text)).status == 400)
        }
        let large = "[" + String(repeating: " ", count: 65_536) + "]"
        #expect(try report(large, signature: try signature(large)).status == 413)
    }
}
