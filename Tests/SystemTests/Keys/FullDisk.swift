import Foundation
import Glibc
import Testing

/// A call that finds no room for the file of a new key.
enum FullDisk: String, CaseIterable, CustomTestStringConvertible {
    case write, fsync, linkat

    var testDescription: String { rawValue }

    /// - Returns: What ends the fault.
    fileprivate func begin(_ booth: Booth, _ disk: FaultyDisk) throws -> () throws -> Void {
        // Sockets and the log are written with this call, too.
        if self == .write {
            try disk.fail(.unnamed, lasts: true)
            return {
                let failed = try disk.mend()
                #expect(failed > 0, "nothing failed")
            }
        }
        return try FailingCalls(rawValue, error: "ENOSPC", of: booth).end
    }
}

extension Rotation {
    // threats: KEY-05
    @Test(
        .enabled(if: FailingCalls.isPossible && Preload.compiler != nil),
        arguments: FullDisk.allCases
    )
    func `a disk without room for a new key leaves the old one at work, and says so`(full: FullDisk) throws {
        let directory = try TemporaryDirectory()
        let disk = try FaultyDisk(in: directory)
        let booth = try Self.booth(environment: disk.environment, in: directory)
        let active = try Self.kids(booth, "active")
        let old = try Self.adminToken(booth)
        sleep(3)
        let files = directory.files().filter { $0.hasPrefix("keys/") }
        let mend = try full.begin(booth, disk)
        let refused = try booth.send(
            Booth.head("POST", "/admin/v1/signing-keys/rotate", ["Authorization: Bearer \(booth.rootKey)"])
                .utf8 + Array("\r\n".utf8),
            to: .admin,
            mayFail: true
        )
        #expect(refused.status == 503 && refused["retry-after"] != nil, "\(refused.text)")
        #expect(try Self.kids(booth, "active") == active)
        #expect(try Self.kid(Self.adminToken(booth)) == active.first)
        #expect(try booth.admin("GET", "signing-keys", key: old).status == 200)
        #expect(directory.files().filter { $0.hasPrefix("keys/") }.sorted() == files.sorted())
        #expect(try booth.counter("tokenbooth_signing_key_failures_total") == 1)
        try mend()
        try Self.rotateSoon(booth)
        #expect(try Self.kids(booth, "retired") == active)
        #expect(try Self.kid(Self.adminToken(booth)) == Self.kids(booth, "active").first)
        Self.stop(booth)
    }
}
