import JOSE
import OAuth
import Testing

@testable import tokenbooth

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("Keys directory")
struct KeysDirectoryTests {
    let scratch = Scratch()

    @Test
    func `a new directory and what is stored in it is closed to others and read back`() throws {
        let path = scratch.path + "/keys"
        let directory = try KeysDirectory(opening: path)
        #expect(scratch.mode(of: "keys") == 0o700)
        #expect(try directory.signingKeys().isEmpty)
        #expect(try directory.refreshSecret() == nil)

        for algorithm in JWSAlgorithm.allCases { try directory.store(try SigningKey.generate(algorithm)) }
        let secret = try directory.makeRefreshSecret()
        let again = try KeysDirectory(opening: path)
        let keys = try again.signingKeys()
        #expect(Set(keys.map(\.algorithm)) == Set(JWSAlgorithm.allCases))
        #expect(try again.refreshSecret() == secret)
        #expect(secret.count == 32)
        for key in keys {
            #expect(scratch.mode(of: "keys/signing-\(key.algorithm.rawValue)-\(key.kid).pem") == 0o600)
        }
        #expect(scratch.mode(of: "keys/refresh.secret") == 0o600)
    }

    @Test
    func `nothing that is there is overwritten`() throws {
        let directory = try KeysDirectory(opening: scratch.path + "/keys")
        let key = try SigningKey.generate(.es256)
        try directory.store(key)
        _ = try directory.makeRefreshSecret()
        let error = try #require(throws: FileError.self) { try directory.store(key) }
        #expect(error.kind == .alreadyExists)
        #expect(throws: FileError.self) { try directory.makeRefreshSecret() }
        let names = try DirectoryEntries.names(in: FileHandle.open(directory.path, flags: O_RDONLY))
        #expect(names.count == 2)
    }

    @Test
    func `the root key file is written once, and replaced only on demand`() throws {
        let path = scratch.path + "/root.key"
        #expect(try RootKeyFile.read(path) == nil)
        let first = APIKey.generate()
        try RootKeyFile.write(first, to: path)
        #expect(scratch.mode(of: "root.key") == 0o600)
        let error = try #require(throws: FileError.self) {
            try RootKeyFile.write(APIKey.generate(), to: path)
        }
        #expect(error.kind == .alreadyExists)
        #expect(try RootKeyFile.read(path)?.secret == first.secret)
        let second = APIKey.generate()
        try RootKeyFile.write(second, to: path, replacing: true)
        #expect(try RootKeyFile.read(path)?.secret == second.secret)
    }

    @Test
    func `an empty directory is closed to others`() throws {
        let path = scratch.directory("keys", mode: 0o755)
        _ = try KeysDirectory(opening: path)
        #expect(scratch.mode(of: "keys") == 0o700)
    }

    @Test
    func `keys of the repository as git makes it, open to others, is closed to them`() throws {
        let path = scratch.directory("keys", mode: 0o755)
        scratch.file("keys/README.md", "hello", mode: 0o644)
        scratch.file("keys/.gitignore", "*", mode: 0o644)
        _ = try KeysDirectory(opening: path)
        #expect(scratch.mode(of: "keys") == 0o700)
    }

    // threats: KEY-01
    @Test(arguments: ["passwd", "epoch", "signing-", "sub/file", "un\u{FFFD}readable"])
    func `a directory of others' files that is open to others is refused and left as it is`(name: String)
        throws
    {
        let path = scratch.directory("etc", mode: 0o755)
        scratch.file("etc/README.md", "hello", mode: 0o644)
        if name.contains("/") { _ = scratch.directory("etc/sub", mode: 0o755) }
        // No UTF-8, and a name all the same.
        let bytes = (path + "/" + name).split(separator: "\u{FFFD}").map { Array($0.utf8) }.joined(
            separator: [0xFF]
        )
        let file = unsafe (Array(bytes) + [0]).withUnsafeBytes { name in
            unsafe open(name.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644)
        }
        #expect(file >= 0)
        close(file)
        let error = try #require(throws: FileError.self) { try KeysDirectory(opening: path) }
        #expect(error.reason.contains("open to others and not empty: check what it holds, then chmod 700 it"))
        #expect(scratch.mode(of: "etc") == 0o755)
    }

    // threats: KEY-01
    @Test(arguments: [0o755, 0o750, 0o701, 0o770, 0o720] as [mode_t])
    func `a directory that holds a key and is open to others is refused`(mode: mode_t) throws {
        let path = scratch.path + "/keys"
        try KeysDirectory(opening: path).store(try SigningKey.generate(.eddsa))
        _ = unsafe chmod(path, mode)
        #expect(throws: FileError.self) { try KeysDirectory(opening: path) }
        #expect(scratch.mode(of: "keys") == mode)
    }

    // threats: KEY-01
    @Test
    func `a directory that is a file, a link, or in a place that all may write is refused`() {
        #expect(throws: FileError.self) { try KeysDirectory(opening: scratch.file("file", "x")) }
        let real = scratch.directory("real")
        let link = scratch.path + "/link"
        _ = unsafe symlink(real, link)
        #expect(throws: FileError.self) { try KeysDirectory(opening: link) }
        let open = scratch.directory("open", mode: 0o777)
        #expect(throws: FileError.self) { try KeysDirectory(opening: open + "/keys") }
        #expect(throws: FileError.self) { try KeysDirectory(opening: scratch.path + "/missing/keys") }
    }

    // threats: KEY-01
    @Test(arguments: [0o644, 0o666, 0o640, 0o604, 0o620, 0o601] as [mode_t])
    func `a private file that others can touch is refused`(mode: mode_t) throws {
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        let pem = String(decoding: try SigningKey.generate(.es256).pem, as: UTF8.self)
        scratch.file("keys/signing-ES256-a.pem", pem, mode: mode)
        let error = try #require(throws: FileError.self) { try directory.signingKeys() }
        #expect(error.description.contains("signing-ES256-a.pem"))
        #expect(error.reason.contains("chmod 600"))
        scratch.file("keys/refresh.secret", String(repeating: "A", count: 43) + "\n", mode: mode)
        #expect(throws: FileError.self) { try directory.refreshSecret() }
        let root = scratch.file("root.key", "tbk_0123456789ABCDEFGHIJabcdefghij3pQYh7\n", mode: mode)
        #expect(throws: FileError.self) { try RootKeyFile.read(root) }
    }

    // threats: KEY-01
    @Test
    func `a link, a pipe or a directory in place of a private file is refused and never waited for`() throws {
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        let pem = String(decoding: try SigningKey.generate(.es256).pem, as: UTF8.self)
        let name = scratch.path + "/keys/signing-ES256-a.pem"
        _ = unsafe symlink(scratch.file("elsewhere.pem", pem), name)
        #expect(throws: FileError.self) { try directory.signingKeys() }
        _ = unsafe unlink(name)
        _ = unsafe mkfifo(name, 0o600)
        #expect(throws: FileError.self) { try directory.signingKeys() }
        _ = unsafe unlink(name)
        _ = scratch.directory("keys/signing-ES256-a.pem")
        #expect(throws: FileError.self) { try directory.signingKeys() }
    }

    @Test
    func `what a crash left half written is never taken for a key, and is removed`() throws {
        let directory = try KeysDirectory(opening: scratch.directory("keys"))
        scratch.file("keys/.tokenbooth-abc", "-----BEGIN PRIV")
        #expect(try directory.signingKeys().isEmpty)
        try directory.removeLeftovers()
        #expect(scratch.mode(of: "keys/.tokenbooth-abc") == 0)
    }
}
