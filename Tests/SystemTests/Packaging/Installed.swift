import Foundation
import Testing

@Suite("make install")
struct Installed {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try install()
    }

    private func install() throws {
        let outcome = try run(
            [
                "/usr/bin/env", "DESTDIR=\(directory.path)/root", "PREFIX=/opt/booth",
                "SOURCE_DATE_EPOCH=1700000000", Repository.path("scripts/install.sh"), Booth.binary,
            ],
            seconds: 60
        )
        #expect(outcome.ending == .exited(0), "\(outcome.text)")
    }

    private func text(_ name: String) -> String { directory.text(of: "root/opt/booth/" + name) }

    @Test
    func `everything lies where it belongs, and names the prefix and not the staging directory`() throws {
        for (name, mode) in [
            ("bin/tokenbooth", 0o755), ("share/man/man1/tokenbooth.1", 0o644),
            ("share/bash-completion/completions/tokenbooth", 0o644),
            ("share/zsh/site-functions/_tokenbooth", 0o644),
            ("share/fish/vendor_completions.d/tokenbooth.fish", 0o644),
            ("lib/systemd/system/tokenbooth.service", 0o644),
        ] {
            let path = directory.path + "/root/opt/booth/" + name
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
            #expect((attributes[.size] as? Int ?? 0) > 100, "\(name)")
        }
        let unit = text("lib/systemd/system/tokenbooth.service")
        #expect(unit.contains("\nExecStart=/opt/booth/bin/tokenbooth serve "))
        #expect(!unit.contains("/usr/bin/tokenbooth") && !unit.contains(directory.path))
    }

    @Test
    func `a configuration that is there stays as it is`() throws {
        let name = "root/etc/tokenbooth/tokenbooth.yaml"
        #expect(directory.text(of: name) == Repository.text("packaging/tokenbooth.yaml"))
        try directory.file(name, "log_level: debug\n")
        try install()
        #expect(directory.text(of: name) == "log_level: debug\n")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions know every option of every command, and the shell can read them`(shell: String) throws {
        let file = [
            "bash": "share/bash-completion/completions/tokenbooth",
            "zsh": "share/zsh/site-functions/_tokenbooth",
        ]
        let name = file[shell] ?? "share/fish/vendor_completions.d/tokenbooth.fish"
        let script = text(name)
        for command in try CommandList.leaves() {
            let part = Self.part(of: script, shell, command.path)
            #expect(!part.isEmpty, "\(command.path)")
            for option in command.options + command.flags {
                let spelling = shell == "fish" ? "-l '\(option.dropFirst(2))'" : option
                let isThere = part.ranges(of: spelling).contains { range in
                    part[range.upperBound...].first.map { !$0.isLetter && $0 != "-" } ?? true
                }
                #expect(isThere, "\(command.path) \(option)")
            }
        }
        let interpreter = ["/bin/", "/usr/bin/"].map { $0 + shell }.first { Repository.has($0) }
        #expect(interpreter != nil || shell != "bash", "bash is everywhere")
        guard let interpreter else { return }
        let outcome = try run([interpreter, "-n", directory.path + "/root/opt/booth/" + name])
        #expect(outcome.ending == .exited(0), "\(outcome.text)")
    }

    /// What a completion script says about one command: a function, or in fish the lines that name it.
    private static func part(of script: String, _ shell: String, _ path: [String]) -> String {
        guard shell == "fish" else {
            let begin = "\n_tokenbooth_" + path.joined(separator: "_") + "() {\n"
            let parts = script.components(separatedBy: begin)
            return parts.count == 2 ? parts[1].components(separatedBy: "\n}\n")[0] : ""
        }
        let name = "_for_flags_or_options \"tokenbooth \(path.joined(separator: " "))\""
        return script.split(separator: "\n").filter { $0.contains(name) }.joined(separator: "\n")
    }

    @Test
    func `the manual page tells of every command and every option, and its date is that of the source`()
        throws
    {
        let page = text("share/man/man1/tokenbooth.1")
        #expect(page.hasPrefix(".TH TOKENBOOTH 1 2023-11-14 "))
        for command in try CommandList.leaves() {
            let title = ("tokenbooth " + command.path.joined(separator: " "))
                .replacingOccurrences(of: "-", with: "\\-")
            #expect(page.contains(".SS \"\(title)\"\n"), "\(title)")
            for option in command.options {
                #expect(page.contains(option.replacingOccurrences(of: "-", with: "\\-")), "\(option)")
            }
        }
        for code in [0, 1, 2, 64, 69, 78] { #expect(page.contains("\n\\fB\(code)\\fR\n")) }
    }

    @Test(
        .enabled(if: Repository.has("/usr/bin/mandoc"), "mandoc is not installed"),
        arguments: [
            ["/usr/bin/mandoc", "-Tlint", "-Wwarning"], ["/usr/bin/mandoc", "-Tutf8", "-Wwarning,stop"],
        ]
    )
    func `the manual page has no mistake that mandoc knows`(command: [String]) throws {
        let outcome = try run(command + [directory.path + "/root/opt/booth/share/man/man1/tokenbooth.1"])
        #expect(outcome.ending == .exited(0), "\(outcome.text.prefix(2000))")
    }

    @Test
    func `every setting that the configuration shows is one`() throws {
        let lines = Repository.text("packaging/tokenbooth.yaml").split(separator: "\n")
        let settings = lines.filter { $0.hasPrefix("#") && $0.dropFirst().first?.isLetter == true }
            .map { $0.dropFirst() }
        #expect(settings.count > 10)
        let certificate = try Certificate("DNS:localhost", in: directory)
        let text = settings.joined(separator: "\n").replacing(
            "/etc/tokenbooth/tls.crt",
            with: certificate.file
        )
        .replacing("/etc/tokenbooth/tls.key", with: certificate.key)
        let file = try directory.file("all.yaml", text + "\n")
        let outcome = try Booth.run(["config", "check", "--config", file])
        #expect(outcome.ending == .exited(0), "\(outcome.text)")
        #expect(!outcome.text.contains("Warning"), "\(outcome.text)")
    }
}
