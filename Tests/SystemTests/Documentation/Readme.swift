import Foundation
import Testing

@Suite("README.md")
struct Readme {
    @Test
    func `every command works and prints what is shown`() throws {
        let booth = try Booth(["--dev"])
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        let outcome = try run(
            [
                "/usr/bin/env", "python3", "-B", root.appending(path: "scripts/readme.py").path, Booth.binary,
                "http://127.0.0.1:\(booth.publicPort)", "http://127.0.0.1:\(booth.adminPort)",
                booth.directory.path,
            ],
            seconds: 60
        )
        #expect(outcome.ending == .exited(0), "\(outcome.text)")
        try AfterEachTest.check(booth)
    }

    @Test
    func `what serve --dev prints works as it is, and its key is in no log`() throws {
        let booth = try Booth(["--dev"])
        let commands = booth.directory.text(of: "out").replacing("\\\n", with: " ").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0.hasPrefix("curl ") }
        #expect(commands.count == 2)
        let token = try run(["/bin/sh", "-c", #require(commands.first)])
        #expect(token.text.contains(#""access_token":"ey"#), "\(token.text)")
        let keys = try run(["/bin/sh", "-c", #require(commands.last)])
        #expect(keys.text.contains(#""kty":"EC""#), "\(keys.text)")
        let secret = try #require(commands.first?.split(separator: "\"").dropFirst().first?.dropFirst())
        #expect(secret.hasPrefix("tbk_") && !booth.log.contains(secret))
        booth.stop()
    }
}
