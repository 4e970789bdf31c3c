import Glibc

/// What the process asks of the kernel before it serves.
enum ProcessLimits {
    /// As many descriptors as allowed, and no core dump: it would hold the signing keys.
    static func raise() {
        var files = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            files.rlim_cur = files.rlim_max
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
        var core = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
        signal(SIGPIPE, SIG_IGN)
    }

    /// The descriptor limit less what files and the store need.
    static var connections: Int {
        var files = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return 960 }
        return Int(clamping: files.rlim_cur > 128 ? files.rlim_cur - 64 : 64)
    }
}
