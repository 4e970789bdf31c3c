import Foundation
import Glibc
import Testing

/// System calls of a running service that fail, because `strace` answers them in the kernel's place.
struct FailingCalls {
    static let strace = "/usr/bin/strace"
    static var isPossible: Bool { Repository.has(strace) }

    private let injector: ChildProcess

    /// Returns when every thread of the service is watched.
    ///
    /// - Parameters:
    ///   - calls: Their names, with commas between.
    ///   - error: Such as `EIO`.
    ///   - when: Which of each thread's calls, as `strace` counts; `nil` for all.
    ///   - trace: The file to which each call is written.
    init(
        _ calls: String,
        error: String,
        when: String? = nil,
        of booth: Booth,
        trace: String = "/dev/null"
    ) throws {
        let which = when.map { ":when=\($0)" } ?? ""
        injector = try ChildProcess([
            Self.strace, "-f", "-q", "-o", trace, "-p", String(booth.process.identifier),
            "-e", "trace=\(calls)", "-e", "inject=\(calls):error=\(error)\(which)",
        ])
        #expect(eventually(seconds: 20) { Self.isTraced(booth) ? true : nil } == true)
    }

    /// All succeed again.
    func end() {
        injector.signal(SIGKILL)
        #expect(injector.wait(seconds: 10) != nil)
    }

    private static func isTraced(_ booth: Booth) -> Bool {
        let tasks = "/proc/\(booth.process.identifier)/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: tasks) else { return false }
        return threads.allSatisfy { thread in
            let status = FileManager.default.contents(atPath: "\(tasks)/\(thread)/status")
            // One that has ended meanwhile is nobody's.
            return status.map { !String(decoding: $0, as: UTF8.self).contains("TracerPid:\t0\n") } ?? true
        }
    }
}
