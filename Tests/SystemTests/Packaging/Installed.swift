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
    func `completions know every command`(shell: String) throws {
        let file = [
            "bash": "bash-completion/completions/tokenbooth", "zsh": "zsh/site-functions/_tokenbooth",
        ]
        let script = text("share/" + (file[shell] ?? "fish/vendor_completions.d/tokenbooth.fish"))
        for command in try CommandList.leaves() {
            for word in command.path { #expect(script.contains(word), "\(command.path)") }
        }
        guard shell == "bash" else { return }
        let path = directory.path + "/root/opt/booth/share/bash-completion/completions/tokenbooth"
        #expect(try run(["/bin/bash", "-n", path]).ending == .exited(0))
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
        let file = try directory.file("all.yaml", settings.joined(separator: "\n") + "\n")
        let outcome = try Booth.run(["config", "check", "--config", file])
        #expect(outcome.ending == .exited(0), "\(outcome.text)")
        #expect(!outcome.text.contains("Warning"), "\(outcome.text)")
    }
}
