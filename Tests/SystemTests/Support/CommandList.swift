import Primitives
import Testing

/// Every command of the binary, as it describes itself: one that is new is tested without being named here.
struct CommandList: Sendable, CustomTestStringConvertible {
    /// Noun and verb.
    let path: [String]
    /// Names of options that take a value.
    let options: [String]
    /// Names of flags.
    let flags: [String]
    /// Letters that stand for one of them.
    let letters: [String]
    let hasArguments: Bool

    var testDescription: String { path.joined(separator: " ") }

    static func leaves() throws -> [CommandList] {
        let dump = try CommandRun(["--experimental-dump-help"]).output
        let tool = try JSONValue(parsing: Array(dump.utf8), maximumDepth: 64)
        let leaves = leaves(of: try #require(tool.object?["command"]?.object), path: [])
        #expect(leaves.count > 30)
        return leaves
    }

    private static func leaves(of command: JSONObject, path: [String]) -> [CommandList] {
        let children = (command["subcommands"]?.array ?? []).compactMap(\.object).flatMap { child in
            let name = child["commandName"]?.string ?? ""
            return name == "help" ? [] : leaves(of: child, path: path + [name])
        }
        guard children.isEmpty else { return children }
        let arguments = (command["arguments"]?.array ?? []).compactMap(\.object)
        return [
            CommandList(
                path: path,
                options: names(of: "option", in: arguments),
                flags: names(of: "flag", in: arguments),
                letters: arguments.flatMap { names($0, "short") },
                hasArguments: arguments.contains { $0["kind"]?.string == "positional" }
            )
        ]
    }

    private static func names(of kind: String, in arguments: [JSONObject]) -> [String] {
        arguments.filter { $0["kind"]?.string == kind }.compactMap { names($0, "long").first }.map {
            "--" + $0
        }
    }

    private static func names(_ argument: JSONObject, _ kind: String) -> [String] {
        (argument["names"]?.array ?? []).compactMap(\.object).filter { $0["kind"]?.string == kind }
            .compactMap { $0["name"]?.string }
    }
}

/// One run of a command to its end.
struct CommandRun {
    let ending: ChildProcess.Ending?
    let output: String
    let errors: String

    /// - Parameters:
    ///   - booth: The server that it talks to, as super admin; `nil` for one that is not there.
    ///   - outputFile: Where standard output goes when it is to be kept by somebody else.
    init(
        _ arguments: [String],
        booth: Booth? = nil,
        environment: [String: String] = [:],
        input: String = "",
        outputFile: String? = nil,
        seconds: Double = 30
    ) throws {
        let directory = try TemporaryDirectory()
        var variables = ["TOKENBOOTH_URL": "http://127.0.0.1:1", "TOKENBOOTH_ISSUER": "http://127.0.0.1:1"]
        if let booth {
            variables = [
                "TOKENBOOTH_URL": "http://127.0.0.1:\(booth.adminPort)", "TOKENBOOTH_ISSUER": booth.issuer,
                "TOKENBOOTH_KEY": booth.rootKey,
            ]
        }
        let process = try ChildProcess(
            [Booth.binary] + arguments,
            environment: variables.merging(environment) { $1 },
            input: try directory.file("input", input),
            output: outputFile ?? directory.path + "/output",
            errors: directory.path + "/errors"
        )
        ending = process.wait(seconds: seconds)
        output = directory.text(of: "output")
        errors = directory.text(of: "errors")
    }

    /// The exit code, or -1 when there is none.
    var code: Int32 {
        guard case .exited(let code)? = ending else { return -1 }
        return code
    }
}
