import AdminClient
import ArgumentParser
import NIOSSL
import OAuth
import Primitives

enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case table, json
}

/// Whom a client command takes for the server.
struct TrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Certificates to trust in place of the system's, PEM; TOKENBOOTH_CA_CERT.",
            valueName: "path"
        )
    )
    var caCert: String?

    /// The certificates to trust, if not the system's.
    ///
    /// - Throws: ``CommandFailure`` when it holds none: the handshake would only say that it failed.
    func certificates() throws(CommandFailure) -> [NIOSSLCertificate]? {
        guard let path = caCert ?? ProcessEnvironment.variables["TOKENBOOTH_CA_CERT"] else { return nil }
        let name = caCert == nil ? "TOKENBOOTH_CA_CERT" : "--ca-cert"
        let content: [UInt8]
        do throws(FileError) { content = try PlainFile.read(path, limit: 8 << 20) } catch {
            throw CommandFailure(.usage, "\(name): \(path) \(error.reason)")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(content), !certificates.isEmpty else {
            throw CommandFailure(.usage, "\(name): \(path) holds no certificate in PEM")
        }
        return certificates
    }
}

/// Where the API key of a client command comes from; never from an argument, which other users can see.
struct CredentialOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("File that holds the API key, mode 0600; TOKENBOOTH_KEY_FILE.", valueName: "path")
    )
    var keyFile: String?

    @Flag(help: "Read the API key from standard input.")
    var keyStdin = false

    @OptionGroup var trust: TrustOptions

    /// Where ``credential(for:)`` takes the key from, for the message when it is refused.
    var source: String {
        if keyStdin { return "standard input" }
        if let keyFile { return keyFile }
        let environment = ProcessEnvironment.variables
        if environment["TOKENBOOTH_KEY"] != nil { return "TOKENBOOTH_KEY" }
        if let path = environment["TOKENBOOTH_KEY_FILE"] { return "\(path) (TOKENBOOTH_KEY_FILE)" }
        let path = try? Settings.rootKeyFile(environment: environment)
        return "the root key file" + (path.map { " \($0)" } ?? "")
    }

    /// - Parameter server: The root key file is the default for a server on this machine only.
    func credential(for server: ServerURL) throws -> APIKey {
        let environment = ProcessEnvironment.variables
        if keyStdin {
            guard keyFile == nil else {
                throw CommandFailure(.usage, "use one of --key-stdin and --key-file")
            }
            return try Self.key(try Terminal.readInput(limit: 256), from: "standard input")
        }
        if let path = keyFile { return try Self.key(inFile: path) }
        switch (environment["TOKENBOOTH_KEY"], environment["TOKENBOOTH_KEY_FILE"]) {
        case (_?, _?):
            throw CommandFailure(.usage, "set one of TOKENBOOTH_KEY and TOKENBOOTH_KEY_FILE, not both")
        case (let text?, nil): return try Self.key(Array(text.utf8), from: "TOKENBOOTH_KEY")
        case (nil, let path?): return try Self.key(inFile: path)
        case (nil, nil): break
        }
        let advice = "set TOKENBOOTH_KEY or TOKENBOOTH_KEY_FILE, or use --key-file or --key-stdin"
        guard server.isLoopback else {
            throw CommandFailure(.usage, "no API key for \(server.text): \(advice)")
        }
        let path = try Settings.rootKeyFile(environment: environment)
        guard let key = try RootKeyFile.read(path) else {
            throw CommandFailure(.usage, "no API key, and no root key file at \(path): \(advice)")
        }
        return key
    }

    private static func key(inFile path: String) throws -> APIKey {
        guard let key = try RootKeyFile.read(path) else {
            throw CommandFailure(.usage, "\(path) does not exist")
        }
        return key
    }

    private static func key(_ bytes: [UInt8], from source: String) throws -> APIKey {
        guard let key = APIKey(parsing: bytes.withoutTrailingSpace) else {
            throw CommandFailure(
                .usage,
                "\(source) holds no well-formed API key (tbk_ and 36 letters and digits)"
            )
        }
        return key
    }
}

/// Where the admin listener is, and who asks it.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Admin listener; TOKENBOOTH_URL; default http://127.0.0.1:8081.", valueName: "url")
    )
    var url: String?

    @OptionGroup var credentials: CredentialOptions

    func server() throws -> ServerURL {
        try ServerURL(
            parsing: url ?? ProcessEnvironment.variables["TOKENBOOTH_URL"] ?? "http://127.0.0.1:8081",
            name: url == nil ? "TOKENBOOTH_URL" : "--url"
        )
    }
}

/// What every command that talks to the admin listener takes.
struct ClientOptions: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Print only the id, or the secret of a new key.")
    var quiet = false
}

extension ServerURL {
    /// - Parameter name: Of the flag or variable, for the message.
    init(parsing text: String, name: String) throws {
        do throws(Issuer.Mistake) {
            let url = try Issuer(
                parsing: text.utf8.last == UInt8(ascii: "/") ? String(text.dropLast()) : text
            )
            self.init(url.url, isSecure: url.isSecure, isLoopback: url.isLoopback)
        } catch {
            throw CommandFailure(.usage, "\(name) \(error.reason)")
        }
    }
}
