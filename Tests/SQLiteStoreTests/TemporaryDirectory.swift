import Foundation
import Glibc

/// A private directory that is gone with this value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/tokenbooth-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(of file: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + file)))
    }

    /// The permission bits of a file in it, or of the directory itself; `nil` when there is none.
    func mode(of file: String = "") -> mode_t? {
        var status = stat()
        guard unsafe lstat(file.isEmpty ? path : path + "/" + file, &status) == 0 else { return nil }
        return status.st_mode & 0o7777
    }
}
