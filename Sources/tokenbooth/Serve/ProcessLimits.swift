import CPrctl
import Glibc
import NIOCore

/// What the process asks of the kernel before it serves.
enum ProcessLimits {
    /// As many descriptors as allowed, and no core dump: it would hold the signing keys.
    ///
    /// Not dumpable means more than the limit of zero: a core that is piped to a program knows no limit, and no process
    /// of the same user may read the memory or the environment. Root still may, and a debugger of root's attach.
    static func raise() {
        var files = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            files.rlim_cur = files.rlim_max
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        _ = tokenbooth_forbid_dumps()
        signal(SIGPIPE, SIG_IGN)
        // What is large goes back to the kernel when it is free: by itself malloc keeps up to 32 MB after the first time.
        // An arena for each event loop, and two for all other threads.
        tokenbooth_return_memory(CInt(clamping: System.coreCount + 2))
    }

    /// As many as the process may have open; what every Linux grants where it cannot be read.
    static var descriptors: Int {
        var files = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return 1_024 }
        return Int(clamping: files.rlim_cur)
    }
}
