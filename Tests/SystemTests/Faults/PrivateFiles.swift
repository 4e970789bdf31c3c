import Foundation
import Glibc
import Testing

@Suite("Files of the service")
struct PrivateFiles {
    // threats: DBF-18
    @Test(arguments: ["000", "077", "277"])
    func `are private whatever the umask`(umask: String) throws {
        let booth = try Booth(wrapper: ["/bin/sh", "-c", "umask \(umask); exec \"$@\"", "sh"])
        _ = try booth.makeKey()
        let backup = try booth.run(["db", "backup"])
        #expect(backup.ending == .exited(0), "\(backup.text)")
        let (data, keys) = (booth.directory.path + "/data", booth.directory.path + "/keys")
        for directory in [data, keys, data + "/backups"] {
            #expect(Self.mode(directory) == 0o700, "\(directory)")
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name != "backups"
            {
                #expect(Self.mode(directory + "/" + name) == 0o600, "\(name)")
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: data)
        #expect(Set(names).isSuperset(of: TemporaryDirectory.databaseFiles + ["tokenbooth.lock", "backups"]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: keys).contains("epoch"))
        booth.stop()
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return status.st_mode & 0o7777
    }
}
