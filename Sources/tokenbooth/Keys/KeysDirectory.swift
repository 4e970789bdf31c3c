import JOSE
import OAuth
import Primitives

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The directory of the signing keys and the refresh secret: one file each, readable by the owner only.
///
/// Whatever is not exactly as it must be is refused with the reason, never repaired: a key that others could
/// read may be in their hands. Files of other names are ignored. All errors are ``FileError``s: exit 78 at start.
struct KeysDirectory: Sendable {
    let handle: FileHandle

    private static let refreshName = "refresh.secret"
    private static let refreshLength = 32
    /// What lies in `keys` of the repository, which git makes open to others.
    private static let shippedNames: Set = [".gitignore", "README.md"]

    var path: String { handle.path }

    /// Opens the directory, or makes it (0700, not its parents).
    ///
    /// An empty one is set to 0700; one that holds anything must already be: somebody else may live in it, or have
    /// read or planted what it holds.
    init(opening path: String) throws(FileError) {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw .system(path, "create it", errno) }
        handle = try FileHandle.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let status = try handle.status()
        guard status.st_uid == geteuid() else { throw .refused(path, "belongs to another user; chown it") }
        try Self.checkParent(of: path)
        guard status.st_mode & 0o077 != 0 else { return }
        guard try keyNames().isEmpty else {
            throw .refused(
                path,
                "is open to others (mode \(PrivateFile.octal(status.st_mode))) and holds keys; chmod 700 it, and replace the keys if others may have read them"
            )
        }
        let contents = try DirectoryEntries.names(in: handle, repaired: true)
        guard contents.allSatisfy(Self.shippedNames.contains) else {
            throw .refused(path, "is open to others and not empty: check what it holds, then chmod 700 it")
        }
        guard fchmod(handle.descriptor, 0o700) == 0 else { throw .system(path, "set its mode", errno) }
    }

    /// Every signing key, in the order of the file names.
    ///
    /// - Throws: ``FileError`` for the first file named `signing-…` that is not one sound private key.
    func signingKeys() throws(FileError) -> [SigningKey] { try datedSigningKeys().map(\.key) }

    /// The same with the times at which the files were last written, in Unix time.
    func datedSigningKeys() throws(FileError) -> [(key: SigningKey, writtenAt: Int64)] {
        var keys: [(key: SigningKey, writtenAt: Int64)] = []
        for name in try keyNames() where name.hasPrefix(SigningKeyFile.prefix) {
            let path = path + "/" + name
            guard let file = SigningKeyFile(name: name) else {
                throw .refused(
                    path,
                    "must be named signing-<ALG>-<kid>.pem with ES256, EdDSA, RS256 or PS256 as ALG"
                )
            }
            let pem = try PrivateFile.read(name, in: handle, limit: 16384)
            let key: SigningKey
            do {
                key = try SigningKey(pem: pem, algorithm: file.algorithm)
            } catch {
                throw .refused(path, error.description)
            }
            guard !keys.contains(where: { bytesEqual($0.key.kid, key.kid) }) else {
                throw .refused(path, "holds a key that another file holds too; remove one of them")
            }
            keys.append((key, Int64(try handle.open(name).status().st_mtim.tv_sec)))
        }
        return keys
    }

    /// Adds a signing key; returns when it is on the disk.
    func store(_ key: SigningKey) throws(FileError) {
        let name = SigningKeyFile(algorithm: key.algorithm, label: key.kid).name
        try PrivateFile.write(key.pem, as: name, in: handle, replacing: false)
    }

    /// Deletes the file of a signing key, whatever its name; returns when it is gone from the disk.
    ///
    /// - Throws: ``FileError`` of kind `notFound` when no file holds it.
    func remove(_ kid: String) throws(FileError) {
        for name in try keyNames() where name.hasPrefix(SigningKeyFile.prefix) {
            guard let file = SigningKeyFile(name: name),
                let pem = try? PrivateFile.read(name, in: handle, limit: 16384),
                let key = try? SigningKey(pem: pem, algorithm: file.algorithm), bytesEqual(key.kid, kid)
            else { continue }
            guard unsafe unlinkat(handle.descriptor, name, 0) == 0 else {
                throw .system(path + "/" + name, "delete it", errno)
            }
            return try handle.synchronize()
        }
        throw FileError(path: path, kind: .notFound, reason: "holds no file of the key \(kid)")
    }

    /// The refresh secret, 32 bytes; `nil` when there is none yet.
    func refreshSecret() throws(FileError) -> [UInt8]? {
        let content: [UInt8]
        do {
            content = try PrivateFile.read(Self.refreshName, in: handle, limit: 256)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
        guard content.last == UInt8(ascii: "\n"), let secret = Base64URL.decode(content.dropLast()),
            secret.count == Self.refreshLength
        else {
            throw .refused(path + "/" + Self.refreshName, "is truncated or damaged; restore it from a backup")
        }
        return secret
    }

    /// Makes the refresh secret; returns when it is on the disk.
    ///
    /// - Throws: ``FileError`` of kind `alreadyExists` when there is one.
    func makeRefreshSecret() throws(FileError) -> [UInt8] {
        let secret = SystemRandom.bytes(Self.refreshLength)
        let text = Base64URL.encode(secret) + [UInt8(ascii: "\n")]
        try PrivateFile.write(text, as: Self.refreshName, in: handle, replacing: false)
        return secret
    }

    /// Removes temporary files that a crash left; only while no other process writes here.
    func removeLeftovers() throws(FileError) {
        for name in try DirectoryEntries.names(in: handle) where name.hasPrefix(PrivateFile.temporaryPrefix) {
            _ = unsafe unlinkat(handle.descriptor, name, 0)
        }
    }

    private func keyNames() throws(FileError) -> [String] {
        try DirectoryEntries.names(in: handle).filter { name in
            name.hasPrefix(SigningKeyFile.prefix) && name.hasSuffix(SigningKeyFile.suffix)
                || name == Self.refreshName || name == RootKeyFile.standardName
        }
    }

    /// Whoever may rename the directory may put another in its place.
    private static func checkParent(of path: String) throws(FileError) {
        let parent = try FileHandle.open(path + "/..", flags: O_RDONLY | O_DIRECTORY)
        let mode = try parent.status().st_mode
        guard mode & S_IWOTH == 0 || mode & S_ISVTX != 0 else {
            throw .refused(
                path,
                "lies in a directory that everyone may write (mode \(PrivateFile.octal(mode))); move it or chmod o-w the parent"
            )
        }
    }
}
