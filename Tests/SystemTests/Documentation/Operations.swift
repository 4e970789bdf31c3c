import Foundation
import Testing

@Suite("docs/operations.md")
struct Operations {
    @Test
    func `the drill of a leaked key ends it`() throws {
        let booth = try Booth()
        let drill = try #require(Repository.block("sh", of: "docs/operations.md"))
        let tools = booth.directory.path + "/bin"
        try FileManager.default.createDirectory(atPath: tools, withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(
            atPath: tools + "/tokenbooth",
            withDestinationPath: Booth.binary
        )
        let script = try booth.directory.file(
            "drill.sh",
            "cd '\(booth.directory.path)'\n\(drill)\necho over\n"
        )
        let outcome = try run(
            [
                "/usr/bin/env", "PATH=\(tools):/usr/bin:/bin", "TOKENBOOTH_ISSUER=\(booth.issuer)",
                "TOKENBOOTH_URL=http://127.0.0.1:\(booth.adminPort)",
                "TOKENBOOTH_KEY_FILE=\(booth.directory.path)/keys/root.key", "/bin/bash", "-eu", script,
            ],
            seconds: 60
        )
        #expect(outcome.ending == .exited(0) && outcome.text.hasSuffix("over\n"), "\(outcome.text)")
        #expect(outcome.text.contains("revoked"), "\(outcome.text)")
        try AfterEachTest.check(booth)
    }

    @Test
    func `what scanners look for is what keys look like`() throws {
        let booth = try Booth()
        let key = try booth.makeRefreshingKey()
        let token = try booth.exchanged(key)
        let text = Repository.text("docs/operations.md")
        for (secret, begin) in [(key.secret, "tbk_"), (token, "tbr_")] {
            let pattern = try #require(
                text.firstMatch(of: try Regex("`(\(begin)\\[[^`]*)`"))?.output[1].substring
            )
            #expect(try Regex(String(pattern)).wholeMatch(in: secret) != nil, "\(pattern)")
        }
        try AfterEachTest.check(booth)
    }

    /// Commands, settings and options that the document names in back-ticks are there.
    @Test
    func `it names no setting that does not exist`() throws {
        let text = Repository.text("docs/operations.md")
        let settings = try CommandRun(["config", "show", "-o", "json"]).output
        for name in [
            "issuer", "listen", "trusted_proxies", "admin_hosts", "status_ttl", "signing_key_rotation",
        ] {
            #expect(text.contains("`\(name)`") || text.contains("\(name):"))
            #expect(settings.contains("\"\(name)\""))
        }
        for path in text.matches(of: /`tokenbooth ((?:[a-z-]+ )?[a-z-]+)[^`]*`/).map({ String($0.output.1) })
        {
            let words = path.split(separator: " ").map(String.init)
            let help = try CommandRun(words + ["--help"])
            #expect(help.code == 0, "\(path)")
        }
    }
}
