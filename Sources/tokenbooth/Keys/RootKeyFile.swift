import OAuth
import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A file that holds one API key and nothing else, such as the root key file.
enum RootKeyFile {
    static let standardName = "root.key"

    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``FileError`` when others can read it, or when it holds no well-formed API key.
    static func read(_ path: String) throws(FileError) -> APIKey? {
        let content: [UInt8]
        do {
            content = try PrivateFile.read(path, limit: 256)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
        guard let key = APIKey(parsing: content.withoutTrailingSpace) else {
            throw .refused(path, "holds no well-formed API key (tbk_ and 36 letters and digits)")
        }
        return key
    }

    /// Writes the key, mode 0600; returns when it is on the disk.
    ///
    /// - Parameter replacing: Whether a file of this name may be there and is replaced.
    /// - Throws: ``FileError`` of kind `alreadyExists` when it may not.
    static func write(_ key: APIKey, to path: String, replacing: Bool = false) throws(FileError) {
        let (directory, name) = try PrivateFile.split(path)
        let handle = try FileHandle.open(directory, flags: O_RDONLY | O_DIRECTORY)
        try PrivateFile.write(key.secret + [UInt8(ascii: "\n")], as: name, in: handle, replacing: replacing)
    }
}
