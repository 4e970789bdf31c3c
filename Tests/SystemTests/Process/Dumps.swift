import Glibc
import Testing

@Suite("What a process shows of itself")
struct Dumps {
    private static let nobody: uid_t = 65_534
    private static let asNobody = [
        "/usr/bin/setpriv", "--reuid", String(nobody), "--regid", String(nobody), "--clear-groups",
    ]

    /// For root, everything is readable: so the service runs as somebody else, who must reach the binary.
    private static let canRun =
        geteuid() != 0 || (try? run(asNobody + [Booth.binary, "--version"]))?.ending == .exited(0)

    // threats: KEY-09
    @Test(.enabled(if: canRun, "nobody can run the binary from here"))
    func `no process of the same user may read its memory, and no core is written`() throws {
        let directory = try TemporaryDirectory()
        let change = "chown -R \(Self.nobody):\(Self.nobody) \(directory.path) && exec \"$0\" \"$@\""
        let wrapper = geteuid() == 0 ? ["/bin/sh", "-c", change] + Self.asNobody : []
        let booth = try Booth(in: directory, wrapper: wrapper)
        let process = "/proc/\(booth.process.identifier)"
        // What is not dumpable belongs to root, so that only root can read it.
        #expect(try run(["/usr/bin/stat", "-c", "%u", process + "/environ"]).text == "0\n")
        let reader = geteuid() == 0 ? Self.asNobody : []
        #expect(try run(reader + ["/bin/cat", process + "/environ"]).ending == .exited(1))
        let limits = try run(["/bin/cat", process + "/limits"]).text.split(separator: "\n")
        let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
        // It still sees itself.
        let metrics = try booth.get("/metrics", from: .admin).text.split(separator: "\n")
        let open = try #require(metrics.first { $0.hasPrefix("process_open_fds ") })
        #expect(open.split(separator: " ").last.flatMap { Int($0) } ?? 0 > 5)
        booth.stop()
    }
}
