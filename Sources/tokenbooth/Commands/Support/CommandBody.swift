import AdminClient
import ArgumentParser
import KeyWitness
import SQLiteStore

/// A command whose failures end in one of the documented exit codes.
protocol CommandBody: AsyncParsableCommand {
    func perform() async throws
}

extension CommandBody {
    func run() async throws { try await CommandExit.reporting { try await perform() } }
}

enum CommandExit {
    /// Says on standard error why `body` failed, and turns that into the exit code.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { Terminal.complain(failure.message) }
            throw ExitCode(failure.code.rawValue)
        } catch let error as ConfigurationError {
            Terminal.complain(error.description)
            throw ExitCode(CommandFailure.Code.configuration.rawValue)
        } catch let error as FileError {
            Terminal.complain(error.description)
            throw ExitCode(CommandFailure.Code.configuration.rawValue)
        } catch let refusal as StartRefusal {
            Terminal.complain(refusal.description)
            throw ExitCode(CommandFailure.Code.configuration.rawValue)
        } catch let refusal as WitnessRefusal {
            Terminal.complain(refusal.description)
            throw ExitCode(CommandFailure.Code.configuration.rawValue)
        } catch let error as SQLiteStoreError {
            Terminal.complain(error.description)
            let isInUse = error.kind == .locked
            throw ExitCode((isInUse ? CommandFailure.Code.refused : .configuration).rawValue)
        } catch let error as ClientError {
            Terminal.complain(error.description)
            if case .unreachable = error { throw ExitCode(CommandFailure.Code.unreachable.rawValue) }
            throw ExitCode(CommandFailure.Code.refused.rawValue)
        }
    }
}

/// The end of a command that did not succeed.
struct CommandFailure: Error, Sendable {
    enum Code: Int32, Sendable {
        case refused = 1
        /// A token or a check is wrong, and that is the answer.
        case wrong = 2
        case usage = 64
        case unreachable = 69
        case configuration = 78
    }

    let code: Code
    /// Printed to standard error; nothing when empty.
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
