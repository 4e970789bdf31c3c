import Foundation

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Which kind of file system a directory is on, as Linux tells it in `/proc/self/mountinfo` (proc(5)).
enum FileSystem {
    /// - Returns: Such as `ext4`; `nil` when the system does not tell.
    static func type(of path: String) -> String? {
        guard let status = SystemCall.status(ofLink: path) else { return nil }
        guard let table = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8) else {
            return nil
        }
        let device = UInt64(status.st_dev)
        let major = (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)
        let minor = (device & 0xFF) | (device >> 12 & ~0xFF)
        return type(ofDevice: "\(major):\(minor)", in: table)
    }

    /// - Parameter device: `major:minor`, the third field of a line; the type is the first behind the hyphen.
    static func type(ofDevice device: String, in table: String) -> String? {
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == device, let hyphen = fields.firstIndex(of: "-") else {
                continue
            }
            return fields[(hyphen + 1)...].first.map(String.init)
        }
        return nil
    }

    static func isNetwork(_ type: String) -> Bool {
        ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"].contains(type)
            || type == "fuse.sshfs"
    }

    static func isFUSE(_ type: String) -> Bool { type == "fuse" || type.hasPrefix("fuse.") }
}
