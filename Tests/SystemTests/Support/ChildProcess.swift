import Foundation
import Glibc
import Synchronization

/// A process of ours whose end can be waited for with a deadline; killed when nothing refers to it any more.
final class ChildProcess: Sendable {
    enum Ending: Equatable { case exited(Int32), signalled(Int32) }

    let identifier: pid_t
    private let ending = Mutex<Ending?>(nil)

    struct NotStarted: Error { let reason: Int32 }

    /// - Parameters:
    ///   - environment: Added to the few variables that every process has here.
    ///   - output: File for standard output; nothing is kept when `nil`.
    ///   - errors: File for standard error, likewise.
    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "/dev/null",
        output: String? = nil,
        errors: String? = nil
    ) throws {
        Self.keepDescriptorsToOurselves
        var actions = unsafe posix_spawn_file_actions_t()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        let mode = mode_t(0o600)
        _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        for (descriptor, path) in [(Int32(1), output ?? "/dev/null"), (2, errors ?? "/dev/null")] {
            _ = unsafe posix_spawn_file_actions_addopen(
                &actions,
                descriptor,
                path,
                O_WRONLY | O_CREAT | O_APPEND,
                mode
            )
        }
        let variables =
            ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"] + environment.map { "\($0.key)=\($0.value)" }
        var identifier: pid_t = 0
        let path = arguments.first ?? ""
        let result = unsafe Self.withPointers(arguments) { arguments in
            unsafe Self.withPointers(variables) { variables in
                unsafe posix_spawn(&identifier, path, &actions, nil, arguments, variables)
            }
        }
        guard result == 0 else { throw NotStarted(reason: result) }
        self.identifier = identifier
    }

    /// What this process was started with, such as a lock that somebody waits for, is none of the child's business.
    private static let keepDescriptorsToOurselves: Void = {
        for descriptor in Int32(3)..<256 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }()

    deinit {
        guard ending.withLock({ $0 }) == nil else { return }
        _ = Glibc.kill(identifier, SIGKILL)
        _ = wait(seconds: 5)
    }

    private static func withPointers<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { pointer in unsafe free(pointer) } }
        return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("an array with an element has an address")
            }
            return unsafe body(UnsafePointer(base))
        }
    }

    func signal(_ signal: Int32) { _ = Glibc.kill(identifier, signal) }

    var isRunning: Bool { poll() == nil }

    /// How it ended, or `nil` when it still runs.
    func poll() -> Ending? {
        ending.withLock { ending in
            if let ending { return ending }
            var status: Int32 = 0
            guard unsafe waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
            let signal = status & 0x7F
            ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
            return ending
        }
    }

    /// How it ended, or `nil` when it still runs after so many seconds.
    func wait(seconds: Double) -> Ending? { eventually(seconds: seconds) { poll() } }
}

/// Asks until there is an answer or the time is up.
func eventually<Value>(seconds: Double = 15, _ question: () throws -> Value?) rethrows -> Value? {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try question() { return value }
        guard ContinuousClock.now < end else { return nil }
        usleep(2_000)
    }
}

/// Runs a program to its end and gives what it printed, standard error included.
func run(_ arguments: [String], input: String = "/dev/null", seconds: Double = 20) throws -> (
    ending: ChildProcess.Ending?, text: String
) {
    let directory = try TemporaryDirectory()
    let process = try ChildProcess(
        arguments,
        input: input,
        output: directory.path + "/out",
        errors: directory.path + "/out"
    )
    let ending = process.wait(seconds: seconds)
    return (ending, directory.text(of: "out"))
}
