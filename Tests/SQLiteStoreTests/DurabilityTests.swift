import Foundation
import SQLiteStore
import TestSupport
import Testing

/// What the operating system is asked to do, seen from outside the process.
@Suite("Durability: every answer is after an fdatasync", .enabled(if: Probe.isStraceInstalled))
struct DurabilityTests {
    @Test
    func `each batch costs one fdatasync, and none is answered without`() throws {
        let idle = try syncs(changes: 0)
        let busy = try syncs(changes: 40)
        #expect(busy - idle >= 40)
        #expect(busy - idle <= 43)
    }

    private func syncs(changes: Int) throws -> Int {
        let directory = try TemporaryDirectory()
        let trace = directory.path + "-trace"
        defer { try? FileManager.default.removeItem(atPath: trace) }
        let probe = try Probe(
            in: directory.path,
            changes: changes,
            strace: ["-e", "trace=fdatasync,fsync", "-o", trace]
        )
        #expect(probe.status == 0 && probe.done.count == changes)
        let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
        return lines.count { $0.contains("fdatasync(") || $0.contains("fsync(") }
    }

    // threats: DBF-05
    @Test(arguments: [(calls: "3", failures: 1), ("7", 1), ("4..5", 2), ("4..8", 5)])
    func `while fsync fails so does each change, and the next success is on new connections`(
        calls: String,
        failures: Int
    ) async throws {
        let directory = try TemporaryDirectory()
        #expect(try Probe(in: directory.path, changes: 0).status == 0)
        // strace counts the calls of each thread: the committer's first one is for its first change. Those after
        // the failed one are of the checkpoint that must come before anything else.
        let probe = try Probe(
            in: directory.path,
            changes: 12,
            strace: ["-e", "inject=fdatasync:error=EIO:when=\(calls)"]
        )
        #expect(probe.status == 0 && probe.done.count == 12 - failures, "\(probe.output)")
        #expect(probe.failed.count == failures && probe.reopenings == 1)
        // The changes that were refused do not come back.
        #expect(try await Probe.stored(in: directory.path).sorted() == probe.done.sorted())
    }

    // threats: DBF-05
    @Test
    func `if fsync never works again, nothing succeeds, and all that was acknowledged is there`()
        async throws
    {
        let directory = try TemporaryDirectory()
        #expect(try Probe(in: directory.path, changes: 0).status == 0)
        let probe = try Probe(
            in: directory.path,
            changes: 10,
            strace: ["-e", "inject=fdatasync:error=EIO:when=5+"]
        )
        #expect(probe.status == 0 && probe.done.count == 4 && probe.failed.count == 6, "\(probe.output)")
        let stored = try await Probe.stored(in: directory.path)
        #expect(Set(stored).isSuperset(of: probe.done))
        // Only the one in flight may have reached the disk all the same; those after it were never tried.
        #expect(Set(stored).subtracting(probe.done).isSubset(of: probe.failed.prefix(1)))
    }

    // threats: DBF-03, DBF-04
    @Test(arguments: ["ENOSPC", "EIO"], 1...30)
    func `a write that fails changes nothing, and service resumes`(error: String, call: Int) async throws {
        let directory = try TemporaryDirectory()
        #expect(try Probe(in: directory.path, changes: 0).status == 0)
        let probe = try Probe(
            in: directory.path,
            changes: 20,
            strace: ["-e", "inject=pwrite64:error=\(error):when=\(call)"]
        )
        if probe.output.hasPrefix("refused") {
            // Opening writes some twenty times; the committer, counted by itself, must get its share of the faults.
            #expect(call < 20)
            #expect(try await Probe.stored(in: directory.path) == [])
            return
        }
        #expect(probe.status == 0 && probe.failed.count == 1 && probe.done.count == 19, "\(probe.output)")
        #expect(try await Probe.stored(in: directory.path).sorted() == probe.done.sorted())
    }

    // threats: DBF-08
    @Test(arguments: ["pwrite64", "fdatasync"], 1...24)
    func `a process killed at any moment has kept what it acknowledged`(call: String, number: Int)
        async throws
    {
        let directory = try TemporaryDirectory()
        #expect(try Probe(in: directory.path, changes: 0).status == 0)
        let probe = try Probe(
            in: directory.path,
            changes: 12,
            strace: ["-e", "inject=\(call):signal=KILL:when=\(number)"]
        )
        let stored = try await Probe.stored(in: directory.path)
        #expect(Set(stored).isSuperset(of: probe.done), "\(probe.output)")
        #expect(stored.count <= probe.done.count + 1)
    }
}
