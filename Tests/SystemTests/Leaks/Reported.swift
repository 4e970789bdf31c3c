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
        let pem = JSONValue.string(String(decoding: signer.publicKey.pem, as: UTF8.self)).serialized
        let file = try directory.file(
            "reporters.json",
            "{\"public_keys\":[{\"key_identifier\":\"k1\",\"key\":\(String(decoding: pem, as: UTF8.self)),"
                + "\"is_current\":true}]}"
        )
        booth = try Booth(configuration: "leak_keys_file: \(file)", in: directory)
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
    func `a signed report that is none, or too large, is refused`() throws {
        let many = body(Array(repeating: "x", count: 101))
        for text in ["", "{}", "[]", "[{}]", "null", many] {
            #expect(try report(text, signature: try signature(text)).status == 400)
        }
        let large = "[" + String(repeating: " ", count: 65_536) + "]"
        #expect(try report(large, signature: try signature(large)).status == 413)
    }
}
