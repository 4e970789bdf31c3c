import Foundation
import Glibc
import OAuth
import Primitives
import Synchronization
import Testing

/// One running `tokenbooth serve` with directories of its own.
final class Booth: Sendable {
    let process: ChildProcess
    let directory: TemporaryDirectory
    let publicPort: UInt16
    let adminPort: UInt16
    let issuer: String
    let rootKey: String
    /// What must be found nowhere: every key, some tokens, and whatever else a test has called a secret.
    let canaries: Canaries
    private let logScan = Mutex(0)

    /// The booth of the suite that the current test belongs to.
    @TaskLocal static var running: Booth?

    /// - Throws: When the test is in no suite with the trait `.booth`.
    static var current: Booth {
        get throws { try #require(running, "the suite lacks the trait .booth") }
    }

    static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["TOKENBOOTH_BINARY"] { return path }
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/tokenbooth"
    }()

    struct NotReady: Error, CustomStringConvertible { let description: String }

    /// Starts the service and returns when it says that it is ready.
    ///
    /// - Parameters:
    ///   - arguments: Added to `serve` with its directories, ports and log format.
    ///   - configuration: Content of the configuration file. Without limits in it no address has any: the tests of
    ///     refusals share one.
    ///   - directory: Of an earlier start.
    ///   - wrapper: A program that runs the rest of its arguments, such as `strace`.
    init(
        _ arguments: [String] = [],
        configuration: String = "",
        environment: [String: String] = [:],
        in directory: TemporaryDirectory? = nil,
        wrapper: [String] = []
    ) throws {
        let directory = try directory ?? TemporaryDirectory()
        let limits =
            configuration.contains("rate_limits") ? "" : "\nrate_limits: {failed_authentications: none}\n"
        try directory.file("config.yaml", configuration + limits)
        let path = directory.path
        let command = wrapper + Self.command(in: path) + arguments
        _ = unsafe unlink(path + "/log")
        let process = try ChildProcess(
            command,
            environment: environment,
            output: path + "/out",
            errors: path + "/log"
        )
        let ready: JSONObject? = try eventually(seconds: 30) {
            if let event = Self.event("ready", in: directory.text(of: "log")) { return event }
            guard let ending = process.poll() else { return nil }
            throw NotReady(description: "ended with \(ending):\n\(directory.text(of: "log"))")
        }
        guard let ready, let publicPort = Self.port(ready["public"]),
            let adminPort = Self.port(ready["admin"])
        else {
            throw NotReady(description: "not ready after 30 s:\n\(directory.text(of: "log"))")
        }
        self.process = process
        self.directory = directory
        self.publicPort = publicPort
        self.adminPort = adminPort
        issuer = ready["issuer"]?.string ?? ""
        rootKey = directory.text(of: "keys/root.key").split(separator: "\n").first.map(String.init) ?? ""
        canaries = Canaries(of: directory)
        canaries.add(rootKey)
    }

    /// `serve` as every test starts it, ports picked by the system.
    static func command(in path: String) -> [String] {
        [
            binary, "serve", "--data-dir", path + "/data", "--keys-dir", path + "/keys", "--config",
            path + "/config.yaml",
            "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-format", "json",
        ]
    }

    private static func port(_ address: JSONValue?) -> UInt16? {
        address?.string?.split(separator: ":").last.flatMap { UInt16($0) }
    }

    /// The last log line with this message, if there is one.
    static func event(_ message: String, in log: String) -> JSONObject? {
        log.split(separator: "\n").reversed().lazy
            .compactMap { (try? JSONValue(parsing: Array($0.utf8)))?.object }
            .first { $0["message"]?.string == message }
    }

    /// Of the issuer; mostly empty.
    var basePath: String { issuer.split(separator: "/").dropFirst(2).map { "/" + $0 }.joined() }

    var log: String { directory.text(of: "log") }

    /// What the log got since the last call; the beginning repeats a little, for what was cut in two.
    func newLog() -> [UInt8] {
        let log = directory.bytes(of: "log")
        return logScan.withLock { start in
            defer { start = log.count }
            return Array(log.dropFirst(max(0, start - 256)))
        }
    }

    /// The line of the access log about a request, as soon as it is written.
    func logLine(request: String, seconds: Double = 3) -> JSONObject? {
        eventually(seconds: seconds) {
            log.split(separator: "\n").lazy
                .filter { $0.contains(request) }
                .compactMap { (try? JSONValue(parsing: Array($0.utf8)))?.object }
                .first { $0["request_id"]?.string == request }
        }
    }

    /// A connection whose responses are inspected as they are read.
    func connect(_ listener: ListenerName = .public, receiveBuffer: Int32? = nil, mayFail: Bool = false)
        throws -> RawConnection
    {
        try RawConnection(port: listener == .public ? publicPort : adminPort, receiveBuffer: receiveBuffer) {
            response in
            ResponseRules.check(response, listener, mayFail: mayFail)
        }
    }

    /// Sends one request, whatever it is, on a connection of its own and reads the response.
    @discardableResult
    func send(
        _ bytes: [UInt8],
        to listener: ListenerName = .public,
        hasBody: Bool = true,
        mayFail: Bool = false
    ) throws -> HTTPResponse {
        let connection = try connect(listener, mayFail: mayFail)
        connection.send(bytes)
        return try #require(connection.response(hasBody: hasBody), "no response")
    }

    @discardableResult
    func send(_ text: String, to listener: ListenerName = .public, hasBody: Bool = true) throws
        -> HTTPResponse
    {
        try send(Array(text.utf8), to: listener, hasBody: hasBody)
    }

    /// A request without a body.
    func get(
        _ path: String,
        method: String = "GET",
        headers: [String] = [],
        from listener: ListenerName = .public
    ) throws -> HTTPResponse {
        try send(
            Self.head(method, path, headers) + "\r\n",
            to: listener,
            hasBody: method != "HEAD"
        )
    }

    static func head(_ method: String, _ path: String, _ headers: [String] = []) -> String {
        (["\(method) \(path) HTTP/1.1", "Host: localhost"] + headers).map { $0 + "\r\n" }.joined()
    }
}

enum ListenerName: Sendable { case `public`, admin }
