import Foundation
import Glibc
import Primitives
import Testing

@Suite("Usage", .serialized, .booth)
struct Usage {
    private func items(_ query: String) throws -> [JSONObject] {
        let response = try Booth.current.admin("GET", "usage?" + query)
        #expect(response.status == 200, "\(response.text)")
        return response.json?["items"]?.array?.compactMap(\.object) ?? []
    }

    /// What is written down of a key, once it is as expected.
    private func usage(of key: MadeKey, exchanges: Int64, seconds: Double = 12) throws -> JSONObject? {
        eventually(seconds: seconds) {
            usleep(200_000)
            return try? items("key=\(key.id)").first { $0["exchanges"]?.integer == exchanges }
        }
    }

    @Test
    func `what a key did is counted by day and outcome, with its last use`() throws {
        let booth = try Booth.current
        let key = try booth.makeRefreshingKey("\"rate_limit\":{\"requests\":4,\"seconds\":3600}")
        let idle = try booth.makeKey()
        let token = try booth.exchanged(key)
        _ = try booth.refreshToken(booth.refresh(token, key))
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        for _ in 0..<2 {
            #expect(try booth.token(TokenCall(key: key.secret, [("scope", "nobody")])).status == 400)
        }
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 429)
        let usage = try #require(try usage(of: key, exchanges: 3))
        #expect(usage["refreshes"]?.integer == 1 && usage["name"]?.string == "a key")
        let denied = try #require(usage["denied"]?.object)
        #expect(denied["invalid_scope"]?.integer == 2 && denied["rate_limit"]?.integer == 1)
        #expect(denied.members.count == 2)
        let today = String(Timestamp.text(Int64(Date().timeIntervalSince1970)).prefix(10))
        #expect(usage["day"]?.string == today)
        let shown = try booth.admin("GET", "keys/\(key.id)").json
        #expect(shown?["last_used_ip"]?.string == "127.0.0.1")
        #expect(shown?["last_used_at"]?.string?.hasPrefix(today) == true)
        let unused = try booth.admin("GET", "keys/\(idle.id)").text
        #expect(unused.contains("\"last_used_at\":null") && unused.contains("\"last_used_ip\":null"))
        #expect(try items("key=\(idle.id)").isEmpty)
        #expect(try items("key=\(key.id)&from=2020-01-01&to=2020-12-31").isEmpty)
        #expect(try items("project=nobody").isEmpty && !items("project=default&limit=1").isEmpty)
        let metrics = try booth.get("/metrics", from: .admin).text
        #expect(!metrics.contains(key.id) && metrics.contains("limit=\"rate_limit\"} "))
    }

    // threats: DSH-09
    @Test
    func `a name that a spreadsheet would calculate is text in the export`() throws {
        let booth = try Booth.current
        let names = ["=cmd()", "+1", "-1", "@sum", "a,b", "say \\\"hi\\\"", "=\u{301}x", "＝1", "plain"]
        var last: MadeKey?
        for name in names {
            let key = try booth.makeKey()
            #expect(try booth.admin("PATCH", "keys/\(key.id)", "{\"name\":\"\(name)\"}").status == 200)
            #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
            last = key
        }
        _ = try usage(of: #require(last), exchanges: 1)
        let csv = try booth.admin("GET", "usage.csv")
        #expect(csv.status == 200 && csv["content-type"]?.hasPrefix("text/csv") == true)
        for cell in [
            "\"'=cmd()\"", "\"'+1\"", "\"'-1\"", "\"'@sum\"", "\"a,b\"", "\"say \"\"hi\"\"\"",
            "\"'=\u{301}x\"", "\"'＝1\"", "plain",
        ] {
            #expect(csv.text.utf8.contains(",\(cell),".utf8), "\(cell)")
        }
        let lines = csv.text.utf8.split(separator: 0x0A)
        #expect(lines.first?.starts(with: "day,key,name,project,exchanges".utf8) == true)
        #expect(lines.allSatisfy { $0.last == 0x0D })
    }

    @Test
    func `queries that mean nothing are refused, and the scope is needed`() throws {
        let booth = try Booth.current
        for query in [
            "from=yesterday", "from=2026-02-30", "from=2026-1-1", "from=1969-12-31", "key=root", "limit=0",
            "from=2026-01-02&to=2026-01-01", "cursor=AAAA", "colour=red", "project=",
        ] {
            #expect(try booth.admin("GET", "usage?" + query).status == 400, "\(query)")
            if !query.hasPrefix("limit") {
                #expect(try booth.admin("GET", "usage.csv?" + query).status == 400, "\(query)")
            }
        }
        let members =
            "\"scopes\":[\"keys:read\"],\"audiences\":[\"urn:tokenbooth:admin\"],\"admin_role\":\"admin\""
        let key = try booth.makeKey(members)
        #expect(try booth.admin("GET", "usage", key: key.secret).status == 403)
        #expect(try booth.admin("GET", "usage.csv", key: key.secret).status == 403)
    }

    @Test
    func `an admin sees the usage of their own keys only`() throws {
        let booth = try Booth.current
        let members =
            "\"scopes\":[\"keys:write\",\"usage:read\",\"read\",\"write\"],"
            + "\"audiences\":[\"urn:tokenbooth:admin\",\"\(Booth.audience)\",\"urn:other\"],\"admin_role\":\"admin\""
        let admin = try booth.makeKey(members)
        let foreign = try booth.makeKey()
        #expect(try booth.token(TokenCall(key: foreign.secret)).status == 200)
        _ = try #require(try usage(of: foreign, exchanges: 1))
        for query in ["", "?key=\(foreign.id)", "?project=default"] {
            let seen = try booth.admin("GET", "usage" + query, key: admin.secret)
            #expect(seen.status == 200 && !seen.text.contains(foreign.id), "\(seen.text)")
        }
    }
}

@Suite("Usage across restarts and in the command line")
struct UsageKept {
    private func run(_ booth: Booth, _ arguments: [String]) throws -> (ChildProcess.Ending?, String) {
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [Booth.binary] + arguments + ["--url", "http://127.0.0.1:\(booth.adminPort)"],
            environment: ["TOKENBOOTH_KEY": booth.rootKey],
            input: try directory.file("input", ""),
            output: directory.path + "/output"
        )
        return (process.wait(seconds: 20), directory.text(of: "output"))
    }

    @Test
    func `counters are written at shutdown, and a quota goes on from them after the start`() throws {
        let booth = try Booth()
        let quota = "\"quota\":{\"tokens\":3,\"period\":\"month\"}"
        let key = try booth.makeKey(quota)
        for _ in 0..<2 { #expect(try booth.token(TokenCall(key: key.secret)).status == 200) }
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
        let again = try Booth(in: booth.directory)
        #expect(try again.token(TokenCall(key: key.secret)).status == 200)
        #expect(try again.token(TokenCall(key: key.secret)).status == 429)
        let usage = try again.admin("GET", "usage?key=\(key.id)").json?["items"]?.array?.first?.object
        #expect(usage?["exchanges"]?.integer == 2)
        again.process.signal(SIGTERM)
        #expect(again.process.wait(seconds: 12) == .exited(0))
    }

    @Test
    func `what was counted seven seconds before the process is killed is not lost`() throws {
        let booth = try Booth()
        let key = try booth.makeKey()
        for _ in 0..<3 { #expect(try booth.token(TokenCall(key: key.secret)).status == 200) }
        usleep(7_000_000)
        booth.process.signal(SIGKILL)
        #expect(booth.process.wait(seconds: 5) == .signalled(SIGKILL))
        let again = try Booth(in: booth.directory)
        let usage = try again.admin("GET", "usage?key=\(key.id)").json?["items"]?.array?.first?.object
        #expect(usage?["exchanges"]?.integer == 3)
        let shown = try again.admin("GET", "keys/\(key.id)").json
        #expect(shown?["last_used_ip"]?.string == "127.0.0.1")
        again.process.signal(SIGTERM)
        #expect(again.process.wait(seconds: 12) == .exited(0))
    }

    @Test
    func `the command line sets limits and shows usage as a table, JSON and CSV`() throws {
        let booth = try Booth()
        for scope in Booth.scopes { try booth.makeScope(scope) }
        let made = try run(
            booth,
            [
                "keys", "create", "--name", "=limited", "--scope", "read", "--rate-limit", "100/1m",
                "--quota",
                "10000/day", "--quota-log-only", "-o", "json",
            ]
        )
        #expect(made.0 == .exited(0))
        let json = try #require(try JSONValue(parsing: Array(made.1.utf8)).object)
        #expect(json["rate_limit"]?.object?["requests"]?.integer == 100)
        #expect(json["rate_limit"]?.object?["seconds"]?.integer == 60)
        #expect(json["quota"]?.object?["enforce"]?.bool == false)
        let key = MadeKey(id: json["id"]?.string ?? "", secret: json["key"]?.string ?? "")
        for arguments in [["--rate-limit", "100"], ["--quota", "5/week"], ["--quota-log-only"]] {
            #expect(try run(booth, ["keys", "update", key.id] + arguments).0 == .exited(64), "\(arguments)")
        }
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        let query = ["usage", "--key", key.id]
        let table = eventually(seconds: 12) { () -> String? in
            usleep(200_000)
            let text = (try? run(booth, query))?.1 ?? ""
            return text.contains(key.id) ? text : nil
        }
        #expect(table?.hasPrefix("DAY") == true && table?.contains("=limited") == true)
        let list = try run(booth, query + ["-o", "json"]).1
        #expect(try JSONValue(parsing: Array(list.utf8)).object?["items"]?.array?.count == 1)
        let csv = try run(booth, query + ["-o", "csv"]).1
        #expect(csv.hasPrefix("day,key,name") && csv.utf8.contains(",\"'=limited\",".utf8))
        #expect(try run(booth, ["usage", "--from", "now"]).0 == .exited(64))
        booth.process.signal(SIGTERM)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }
}
