import Foundation
import Glibc
import Testing

/// Starts that are refused, data that is copied, and commands beside the server.
extension Booth {
    /// Ends the service as an operator would.
    func stop() {
        process.signal(SIGTERM)
        #expect(process.wait(seconds: 12) == .exited(0))
    }

    /// Ends the service as a power cut would.
    func kill() {
        process.signal(SIGKILL)
        #expect(process.wait(seconds: 10) == .signalled(SIGKILL))
    }

    /// What a start says that does not serve.
    static func refusal(
        _ arguments: [String] = [],
        in directory: TemporaryDirectory,
        environment: [String: String] = [:],
        wrapper: [String] = []
    ) throws -> (code: Int32?, text: String) {
        let path = directory.path
        _ = unsafe unlink(path + "/log")
        let process = try ChildProcess(
            wrapper + command(in: path) + arguments,
            environment: environment,
            errors: path + "/log"
        )
        guard case .exited(let code)? = process.wait(seconds: 20) else {
            return (nil, directory.text(of: "log"))
        }
        return (code, directory.text(of: "log"))
    }

    /// Runs a client command of `tokenbooth` against this server, as super admin.
    func run(_ arguments: [String], seconds: Double = 60) throws -> (
        ending: ChildProcess.Ending?, text: String
    ) {
        try Self.run(
            arguments,
            environment: ["TOKENBOOTH_URL": "http://127.0.0.1:\(adminPort)", "TOKENBOOTH_KEY": rootKey],
            seconds: seconds
        )
    }

    /// Runs any command of `tokenbooth`.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        seconds: Double = 60
    ) throws -> (ending: ChildProcess.Ending?, text: String) {
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [binary] + arguments,
            environment: environment,
            output: directory.path + "/out",
            errors: directory.path + "/err"
        )
        let ending = process.wait(seconds: seconds)
        return (ending, directory.text(of: "out") + directory.text(of: "err"))
    }

    /// Unlike ``get(_:method:headers:from:)`` it expects nothing: for a service that is made to fail.
    func status(_ path: String, from listener: ListenerName = .public) throws -> HTTPResponse {
        let connection = try RawConnection(port: listener == .public ? publicPort : adminPort)
        connection.send(Self.head("GET", path, ["Connection: close"]) + "\r\n")
        return try #require(connection.response(), "no response")
    }

    /// Likewise, a request to the admin API.
    func attempt(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        key: String? = nil,
        seconds: Double = 30
    ) throws -> HTTPResponse? {
        let connection = try RawConnection(port: adminPort)
        connection.send(adminRequest(method, path, body, key: key))
        return connection.response(seconds: seconds)
    }

    func adminRequest(_ method: String, _ path: String, _ body: String? = nil, key: String? = nil) -> String {
        let type = method == "PATCH" ? "application/merge-patch+json" : "application/json"
        let fields =
            (body.map { ["Content-Type: \(type)", "Content-Length: \($0.utf8.count)"] } ?? [])
            + ["Authorization: Bearer \(key ?? rootKey)", "Connection: close"]
        return Self.head(method, "/admin/v1/" + path, fields) + "\r\n" + (body ?? "")
    }

    /// The token endpoint, whatever it says.
    func attempt(_ call: TokenCall) throws -> HTTPResponse? {
        let connection = try RawConnection(port: publicPort)
        connection.send(call.bytes)
        return connection.response()
    }
}

extension TemporaryDirectory {
    /// Copies files of the data directory to another place, or back; what was there is replaced.
    func copy(_ names: [String], from source: String, to target: String) throws {
        let manager = FileManager.default
        try? manager.createDirectory(
            atPath: path + "/" + target,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        for name in names {
            let destination = path + "/" + target + "/" + name
            try? manager.removeItem(atPath: destination)
            let origin = path + "/" + source + "/" + name
            if manager.fileExists(atPath: origin) {
                try manager.copyItem(atPath: origin, toPath: destination)
            }
        }
    }

    static let databaseFiles = ["tokenbooth.db", "tokenbooth.db-wal", "tokenbooth.db-shm"]
}
