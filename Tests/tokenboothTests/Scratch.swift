import Foundation

@testable import tokenbooth

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A directory of one test's own, removed with it.
final class Scratch {
    let path: String

    init() {
        var template = Array("/tmp/tokenbooth-test-XXXXXX".utf8CString)
        path = unsafe template.withUnsafeMutableBufferPointer { buffer in
            guard let name = buffer.baseAddress, let made = unsafe mkdtemp(name) else {
                return "/nonexistent"
            }
            return unsafe String(cString: made)
        }
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        guard let handle = try? FileHandle.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else {
            _ = unsafe unlink(path)
            return
        }
        for name in (try? DirectoryEntries.names(in: handle)) ?? [] { remove(path + "/" + name) }
        _ = unsafe rmdir(path)
    }

    /// Writes a file and gives its path.
    @discardableResult
    func file(_ name: String, _ content: String, mode: mode_t = 0o600) -> String {
        let path = path + "/" + name
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
        let bytes = Array(content.utf8)
        _ = unsafe write(descriptor, bytes, bytes.count)
        fchmod(descriptor, mode)
        close(descriptor)
        return path
    }

    func directory(_ name: String, mode: mode_t = 0o700) -> String {
        let path = path + "/" + name
        _ = unsafe mkdir(path, mode)
        _ = unsafe chmod(path, mode)
        return path
    }

    func mode(of name: String) -> mode_t {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
        return (attributes?[.posixPermissions] as? NSNumber)?.uint32Value ?? 0
    }
}
