import Foundation
import Primitives
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

    @Test
    func `the contract names every metric, and no other`() throws {
        let booth = try Booth()
        let shown = try booth.get("/metrics", from: .admin).text
            .matches(of: /TYPE (tokenbooth_[a-z_]+) [a-z]/).map { String($0.output.1) }
        let contract = Repository.text("openapi.yaml")
        let list = try #require(contract.firstMatch(of: /The metrics:\n([\s\S]*?)security:/)).output.1
        let parts = ["tokenbooth_db_batch_size_count", "tokenbooth_db_batch_size_sum"]
        let named = list.matches(of: /tokenbooth_[a-z_]+/).map { String($0.output) }
        #expect(shown.count > 30)
        #expect(Set(named).subtracting(parts) == Set(shown))
        try AfterEachTest.check(booth)
    }

    /// What is written like a setting and is none; all that is in the contract stands there in these words.
    private static let otherNames = [
        "members of the admin API": [
            "allowed_ips", "client_id", "current_revoked_at", "expires_at", "rate_limit", "may_exchange",
        ],
        "actions of the audit trail": [
            "import_keys", "refresh_reuse", "refresh_replayed", "refresh_rollback", "report_leak",
        ],
        "of logs, of SQLite, of nginx": [
            "authentication_limited", "families_ended", "integrity_check", "foreign_key_check",
            "proxy_intercept_errors",
        ],
        "what GitHub is told": ["tokenbooth_api_key"],
    ]

    @Test
    func `every name in it is a setting, a metric, or another that is written down here`() throws {
        let booth = try Booth()
        let text = Repository.text("docs/operations.md")
        let contract = Repository.text("openapi.yaml")
        let shown = try CommandRun(["config", "show", "-o", "json"]).output
        let settings = try #require(JSONValue(parsing: Array(shown.utf8), maximumDepth: 8).object).members
            .map(\.name)
        let others = Self.otherNames.values.joined()
        let metrics = try booth.get("/metrics", from: .admin).text
        let names = Set(
            text.matches(of: /`([a-z]+(?:_[a-z0-9]+)+(?:\.[a-z_]+)*)[:`]/).map { String($0.output.1) }
        )
        #expect(names.count > 25)
        for name in names.subtracting(others) {
            let isSetting = settings.contains { $0 == name || $0.hasPrefix(name + ".") }
            #expect(isSetting || metrics.contains("\n\(name)"), "\(name)")
        }
        for (kind, words) in Self.otherNames {
            for word in words {
                #expect(names.contains(word), "\(word) is not in the document any more")
                #expect(!kind.hasPrefix("members") || contract.contains("\(word):"), "\(word)")
            }
        }
        for setting in ["issuer", "listen"] { #expect(settings.contains(setting)) }
        try AfterEachTest.check(booth)
    }

    /// Options of other programs.
    private static let otherOptions = ["--now"]

    @Test
    func `every command in it is one, and takes the options that it is shown with`() throws {
        let leaves = try CommandList.leaves()
        let document = Repository.text("docs/operations.md")
        // Inline code may go over the end of a line, and blocks are not inline code.
        let blocks = document.split(separator: "\n").filter {
            $0.hasPrefix("    ") || $0.hasPrefix("tokenbooth ")
        }
        .map { $0.trimmingCharacters(in: .whitespaces) }
        let inline = document.replacing(/(?s)```.*?```/, with: "").matches(of: /`([^`]+)`/).map {
            String($0.output.1).replacing("\n", with: " ")
        }
        var count = 0
        for code in blocks + inline {
            var words: [String] = []
            for word in code.split(whereSeparator: { $0 == " " || $0 == "(" || $0 == ")" }).map(String.init) {
                guard word.hasPrefix("--"), word != "--" else {
                    words.append(word)
                    continue
                }
                let option = String(word.prefix { $0.isLowercase || $0 == "-" })
                let command = Self.command(in: words, leaves)
                let takers = command.map { [$0] } ?? leaves
                let isTaken =
                    takers.contains { ($0.options + $0.flags).contains(option) }
                    || command == nil && (Self.otherOptions + ["--version"]).contains(option)
                #expect(isTaken, "\(option) in \(code)")
                count += 1
            }
            if let place = words.lastIndex(of: "tokenbooth"), place + 1 < words.count,
                words[place + 1].first?.isLetter == true, !code.hasPrefix("systemctl"),
                !code.hasPrefix("journalctl")
            {
                #expect(
                    Self.command(in: words, leaves) != nil || Self.nouns(leaves).contains(words[place + 1]),
                    "\(code)"
                )
            }
        }
        #expect(count > 40)
    }

    private static func nouns(_ leaves: [CommandList]) -> Set<String> { Set(leaves.compactMap(\.path.first)) }

    /// The last command that is named in these words.
    private static func command(in words: [String], _ leaves: [CommandList]) -> CommandList? {
        for begin in words.indices.reversed() {
            if let command = leaves.first(where: { words[begin...].starts(with: $0.path) }) { return command }
        }
        return nil
    }
}
