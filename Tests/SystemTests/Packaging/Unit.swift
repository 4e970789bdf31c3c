import Foundation
import Glibc
import Testing

@Suite("systemd unit")
struct Unit {
    private static let file = "packaging/systemd/tokenbooth.service"
    private static let analyze = "/usr/bin/systemd-analyze"

    /// What the unit assigns to a name, in its order.
    private static func values(of name: String) -> [String] {
        Repository.text(file).split(separator: "\n")
            .filter { $0.hasPrefix(name + "=") }
            .map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    /// The unit with the binary under test, and with the drop-in for TLS if asked for.
    private static func installed(in directory: TemporaryDirectory, hasTLS: Bool) throws -> String {
        let text = Repository.text(file).replacingOccurrences(of: "/usr/bin/tokenbooth", with: Booth.binary)
        let tls = Repository.text("packaging/systemd/tls.conf")
        return try directory.file("tokenbooth.service", text + (hasTLS ? "\n" + tls : ""), mode: 0o644)
    }

    @Test(
        .enabled(if: Repository.has(analyze), "systemd-analyze is not installed"),
        arguments: [false, true]
    )
    func `systemd takes it, and calls it well protected`(hasTLS: Bool) throws {
        let directory = try TemporaryDirectory()
        let unit = try Self.installed(in: directory, hasTLS: hasTLS)
        let verified = try run([Self.analyze, "verify", "--man=no", unit])
        #expect(verified.ending == .exited(0))
        #expect(!verified.text.contains("tokenbooth.service"), "\(verified.text)")
        // Tenths of the exposure: 10 is the best of what listens on the network.
        let judged = try run([
            Self.analyze, "security", "--offline=true", "--no-pager", "--threshold=12", unit,
        ])
        #expect(judged.ending == .exited(0), "\(judged.text)")
    }

    /// The calls that a set allows, with those of the sets in it.
    private static func calls(of set: String, in sets: [String: [String]]) -> Set<String> {
        (sets[set] ?? []).reduce(into: []) { calls, name in
            if name.hasPrefix("@") {
                calls.formUnion(Self.calls(of: name, in: sets))
            } else {
                calls.insert(name)
            }
        }
    }

    private static func sets() throws -> [String: [String]] {
        var sets: [String: [String]] = [:]
        var current = ""
        for line in try run([analyze, "syscall-filter", "--no-pager"]).text.split(separator: "\n") {
            let name = line.trimmingCharacters(in: .whitespaces)
            guard !name.hasPrefix("#") else { continue }
            if line.hasPrefix("@") { current = name } else { sets[current, default: []].append(name) }
        }
        return sets
    }

    /// What libdispatch and SQLite try and can do without: the run shows it, for there these fail.
    private static let dispensable: Set<String> = ["setpriority", "fchown"]

    @Test(
        .enabled(
            if: Repository.has(analyze) && Repository.has("/usr/bin/strace"),
            "systemd-analyze or strace is not installed"
        )
    )
    func `what the service asks of the kernel is allowed, and memory is never both written and run`() throws {
        let directory = try TemporaryDirectory()
        let trace = directory.path + "/trace"
        let booth = try Booth(
            in: directory,
            wrapper: [
                "/usr/bin/strace", "-f", "-qq", "-e", "signal=none", "-e",
                "inject=\(Self.dispensable.joined(separator: ",")):error=EPERM", "-o", trace,
            ]
        )
        let key = try booth.makeRefreshingKey()
        _ = try booth.refresh(try booth.exchanged(key), key)
        #expect(try booth.admin("POST", "backups").status < 300)
        #expect(try booth.admin("POST", "signing-keys/rotate", "{}").status < 500)
        for path in ["/readyz", "/metrics"] { _ = try booth.get(path, from: .admin) }
        directory.signalServer(SIGHUP)
        #expect(eventually { Booth.event("settings reloaded", in: booth.log) } != nil)
        booth.stop()

        let sets = try Self.sets()
        var allowed: Set<String> = []
        for filter in Self.values(of: "SystemCallFilter") {
            let names = filter.split(separator: " ").map {
                String($0).replacingOccurrences(of: "~", with: "")
            }
            for name in names {
                let calls = Self.calls(of: name, in: sets)
                #expect(!calls.isEmpty, "\(name)")
                if filter.hasPrefix("~") { allowed.subtract(calls) } else { allowed.formUnion(calls) }
            }
        }
        let families = Self.values(of: "RestrictAddressFamilies").joined(separator: " ").split(separator: " ")
        var seen: Set<String> = []
        for line in directory.text(of: "trace").split(separator: "\n") {
            let call = line.drop { $0.isNumber || $0 == " " }
            guard let end = call.firstIndex(of: "("), call.first?.isLowercase == true else { continue }
            let name = String(call[..<end])
            if seen.insert(name).inserted {
                #expect(allowed.contains(name) || Self.dispensable.contains(name), "\(call.prefix(200))")
            }
            if name == "mmap" || name == "mprotect" {
                #expect(!(call.contains("PROT_WRITE") && call.contains("PROT_EXEC")), "\(call.prefix(200))")
            }
            if name == "mprotect" { #expect(!call.contains("PROT_EXEC"), "\(call.prefix(200))") }
            if name == "socket" {
                #expect(families.contains { call.contains("(\($0),") }, "\(call.prefix(200))")
            }
        }
        #expect(seen.isSuperset(of: ["openat", "mmap", "fsync", "accept4"]), "\(seen)")
    }

    @Test
    func `what the service exits with when no restart helps is not restarted`() throws {
        let codes = Self.values(of: "RestartPreventExitStatus").joined().split(separator: " ")
        let directory = try TemporaryDirectory()
        try directory.file("config.yaml", "nonsense: 1\n")
        let code = try #require(try Booth.refusal(in: directory).code)
        #expect(codes.contains("\(code)"))
        guard case .exited(let usage)? = try Booth.run(["serve", "--nonsense"]).ending else {
            Issue.record("no exit code"); return
        }
        #expect(codes.contains("\(usage)"))
    }
}
