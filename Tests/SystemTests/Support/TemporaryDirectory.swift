import Foundation
import Glibc

/// A private directory that is gone with this value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/tokenbooth-system-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file in it and gives its path.
    @discardableResult
    func file(_ name: String, _ content: String, mode: Int = 0o600) throws -> String {
        let file = path + "/" + name
        try Data(content.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }

    /// Empty when there is no such file.
    func text(of name: String) -> String { String(decoding: bytes(of: name), as: UTF8.self) }

    func bytes(of name: String) -> [UInt8] {
        FileManager.default.contents(atPath: path + "/" + name).map { Array($0) } ?? []
    }

    /// Every regular file below, by its path from here.
    func files() -> [String] {
        guard let names = FileManager.default.enumerator(atPath: path) else { return [] }
        return names.compactMap { $0 as? String }
    }
}
