import AdminClient
import ArgumentParser
import KeyWitness
import SQLiteStore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A command whose failures end in one of the documented exit codes.
protocol CommandBody: AsyncParsableCommand {
    func perform() async throws
}

extension CommandBody {
    func run() async throws { try await CommandExit.reporting { try await perform() } }
}

enum CommandExit {
    /// Ends the process: help goes to standard output, a mistake to standard error, where nothing in it can steer the
    /// terminal.
    static func leave(_ error: any Error) -> Never {
        let code = Tokenbooth.exitCode(for: error)
        let text = Tokenbooth.fullMessage(for: error)
        guard code.isSuccess else {
            if !text.isEmpty { Terminal.note(text) }
            exit(code.rawValue)
        }
        do throws(CommandFailure) {
            if !text.isEmpty { try Terminal.print(text) }
        } catch {
            if !error.message.isEmpty { Terminal.complain(error.message) }
            exit(error.code.rawValue)
        }
        exit(0)
    }

    /// Says on standard error why `body` failed, and turns that into the exit code.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { Terminal.complain(failure.message) }
            throw ExitCode(failure.code.rawValue)
        } catch {
            guard let code = Self.code(of: error) else { throw error }
            Terminal.complain("\(error)")
            throw ExitCode(code.rawValue)
        }
    }

    /// - Returns: `nil` for what the argument parser words itself.
    private static func code(of error: any Error) -> CommandFailure.Code? {
        switch error {
        case is ConfigurationError, is StartRefusal, is WitnessRefusal: .configuration
        // What may pass is tried again by whoever restarts the service.
        case is AddressTaken: .refused
        case let error as FileError: error.isOfDisk ? .refused : .configuration
        case let error as SQLiteStoreError:
            error.kind == .locked || error.kind == .disk ? .refused : .configuration
        case ClientError.unreachable: .unreachable
        case is ClientError: .refused
        default: nil
        }
    }
}

/// The end of a command that did not succeed.
struct CommandFailure: Error, Sendable {
    enum Code: Int32, Sendable, CaseIterable {
        case refused = 1
        /// A token or a check is wrong, and that is the answer.
        case wrong = 2
        case usage = 64
        case unreachable = 69
        case configuration = 78

        /// For the help and the manual.
        var words: String {
            switch self {
            case .refused: "refused or failed"
            case .wrong: "wrong token or check"
            case .usage: "usage"
            case .unreachable: "server unreachable"
            case .configuration: "configuration"
            }
        }
    }

    let code: Code
    /// Printed to standard error; nothing when empty.
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
