import Foundation
import Glibc
import TestSupport
import Testing

@testable import SQLiteStore

@Suite("The data directory")
struct DataDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(_ path: String? = nil) throws(SQLiteStoreError) -> SQLiteStore {
        try SQLiteStore.open(directory: path ?? directory.path, onChange: { _ in })
    }

    private func kind(of body: () throws -> SQLiteStore) -> SQLiteStoreError.Kind? {
        #expect(throws: SQLiteStoreError.self) { try body().close() }?.kind
    }

    // threats: DBF-18
    @Test
    func `all files are private even if the umask is not`() throws {
        // In a process of its own, which sets umask 000: this one has neighbours.
        let path = directory.path + "/data"
        let running = try Probe(in: path, changes: 3)
        #expect(running.status == 0)
        #expect(directory.mode(of: "data") == 0o700)
        #expect(directory.mode(of: "data/tokenbooth.db") == 0o600)
        #expect(directory.mode(of: "data/tokenbooth.lock") == 0o600)
        let store = try open(path)
        #expect(directory.mode(of: "data/tokenbooth.db-wal") == 0o600)
        #expect(directory.mode(of: "data/tokenbooth.db-shm") == 0o600)
        store.close()
    }

    // threats: DBF-18
    @Test
    func `files that were opened to others are closed to them`() throws {
        try open().close()
        #expect(unsafe chmod(directory.path + "/tokenbooth.db", 0o644) == 0)
        let store = try open()
        #expect(directory.mode(of: "tokenbooth.db") == 0o600)
        #expect(directory.mode(of: "tokenbooth.db-wal") == 0o600)
        store.close()
    }

    // threats: DBF-12
    @Test
    func `a second process is kept out, and told by whom`() throws {
        let store = try open()
        let refusal = #expect(throws: SQLiteStoreError.self) { try open() }
        #expect(refusal?.kind == .locked)
        #expect(refusal?.description.contains("tokenbooth.lock") == true)
        #expect(refusal?.description.contains("process \(getpid())") == true)
        let probe = try Probe(in: directory.path, changes: 1)
        #expect(probe.status == 1 && probe.output.hasPrefix("refused process \(getpid())"))
        store.close()
        try open().close()
    }

    @Test
    func `a store that nobody closed frees its directory in the end`() async throws {
        do { _ = try open() }
        for _ in 0..<50 where (try? open().close()) == nil { try await Task.sleep(for: .milliseconds(20)) }
        try open().close()
    }

    @Test
    func `a directory that others can enter is refused unless it is empty`() throws {
        #expect(unsafe chmod(directory.path, 0o755) == 0)
        try open().close()
        #expect(directory.mode() == 0o700)
        #expect(unsafe chmod(directory.path, 0o750) == 0)
        #expect(kind { try open() } == .notPrivate)
        #expect(directory.mode() == 0o750)
    }

    @Test
    func `links, files and missing parents are refused`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/link",
            withDestinationPath: directory.path
        )
        #expect(kind { try open(directory.path + "/link") } == .notPrivate)
        #expect(kind { try open(directory.path + "/link/") } == .notPrivate)
        #expect(kind { try open(directory.path + "/none/data") } == .unusable)
        try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
        #expect(kind { try open(directory.path + "/file") } == .unusable)
    }

    @Test
    func `a database that is a link or a directory is refused`() throws {
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/tokenbooth.db",
            withDestinationPath: "/dev/null"
        )
        #expect(kind { try open() } == .unusable)
    }

    @Test
    func `a file that is no database is refused`() throws {
        try open().close()
        try Data(repeating: 7, count: 8192).write(to: URL(fileURLWithPath: directory.path + "/tokenbooth.db"))
        #expect(kind { try open() } == .unusable)
    }

    // threats: DBF-21
    @Test(arguments: [
        ("ext4", false, false), ("nfs4", true, false), ("cifs", true, false), ("9p", true, false),
        ("fuse.sshfs", true, true), ("fuse", false, true), ("overlay", false, false),
    ])
    func `network file systems are refused and user-space ones are named`(
        type: String,
        network: Bool,
        fuse: Bool
    ) {
        #expect(FileSystem.isNetwork(type) == network)
        #expect(FileSystem.isFUSE(type) == fuse)
    }

    // threats: DBF-21
    @Test
    func `the file system's type is the one of its device`() {
        let table = """
            36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
            37 35 0:41 / /data rw,relatime shared:20 - nfs4 server:/export rw,vers=4.2

            """
        #expect(FileSystem.type(ofDevice: "98:0", in: table) == "ext3")
        #expect(FileSystem.type(ofDevice: "0:41", in: table) == "nfs4")
        #expect(FileSystem.type(ofDevice: "0:4", in: table) == nil)
        #expect(FileSystem.type(of: "/proc/self/") == "proc")
    }
}
