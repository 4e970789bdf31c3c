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
}
