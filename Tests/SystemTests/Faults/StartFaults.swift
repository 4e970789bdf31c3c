import Foundation
import Testing

/// Starts on a disk that fails: they end, and say so with the exit code of what may pass, after which the service is
/// started again.
@Suite("Starts on a faulty disk", .enabled(if: Preload.compiler != nil))
struct StartFaults {
    private let directory: TemporaryDirectory
    private let disk: FaultyDisk

    init() throws {
        directory = try TemporaryDirectory()
        disk = try FaultyDisk(in: directory)
        try directory.file("config.yaml", "")
    }

    private func start() throws -> (ending: ChildProcess.Ending?, words: String) {
        let process = try ChildProcess(
            Booth.command(in: directory.path),
            environment: disk.environment,
            errors: directory.path + "/errors"
        )
        return (process.wait(seconds: 20), directory.text(of: "errors"))
    }

    private func expectFailure(_ words: String) throws {
        let (ending, text) = try start()
        #expect(try disk.mend() > 0, "nothing failed")
        #expect(ending == .exited(1), "\(text)")
        #expect(text.contains(directory.path + "/data") && text.contains(words), "\(text)")
    }

    // threats: DBF-03
    @Test
    func `a first start without room for the database`() throws {
        try disk.fail(.full, lasts: true)
        try expectFailure("make room")
    }

    // threats: DBF-03
    @Test
    func `a later start without room, and one of a disk that cannot be read`() throws {
        try Booth(in: directory).stop()
        try directory.file("config.yaml", "")
        try disk.fail(.full, lasts: true)
        try expectFailure("make room")
        try disk.fail(.unreadable, lasts: true)
        try expectFailure("its disk has failed")
        try Booth(environment: disk.environment, in: directory).stop()
    }

    @Test
    func `a database that is none stays a matter of configuration`() throws {
        try Booth(in: directory).stop()
        try directory.file("data/tokenbooth.db", String(repeating: "7", count: 8192))
        let (ending, text) = try start()
        #expect(ending == .exited(78), "\(text)")
    }
}
