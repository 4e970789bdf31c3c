import OAuth
import Primitives

/// Arguments that must be no secrets: other users of the machine can see them, and shells write them down.
enum SecretArgument {
    /// Looks at the whole command line before anything else does, and before any message could repeat a part of it.
    ///
    /// - Throws: ``CommandFailure`` when an API key, a refresh token or a JWT is in one of the arguments.
    static func refuse(in arguments: some Sequence<String>) throws(CommandFailure) {
        for (index, argument) in arguments.enumerated() {
            guard let secret = kind(of: Array(argument.utf8)) else { continue }
            throw CommandFailure(
                .usage,
                "argument \(index + 1) holds \(secret), which can now be seen in the process list and in your "
                    + "shell's history: replace or revoke it. Secrets come from a file (--key-file), standard input "
                    + "(--key-stdin) or the environment (TOKENBOOTH_KEY)"
            )
        }
    }

    /// What secret stands somewhere in the text; a name that only begins like one is none.
    private static func kind(of text: [UInt8]) -> String? {
        for start in text.indices {
            let rest = text[start...]
            if APIKey.resembles(rest), run(rest.dropFirst(4)) >= 32 { return "an API key" }
            if RefreshToken.resembles(rest), run(rest.dropFirst(4)) >= 32 { return "a refresh token" }
        }
        // A JWT behind a path or an equals sign is one, too.
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isToken =
            parts.count == 3 && parts.allSatisfy { $0.count >= 16 && run($0.suffix(16)) == 16 }
            && text.indices.contains { text[$0...].starts(with: "eyJ".utf8) }
        return isToken ? "a token" : nil
    }

    /// How many base64url characters stand at the beginning.
    private static func run(_ text: ArraySlice<UInt8>) -> Int {
        text.prefix { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }.count
    }

    /// - Throws: ``CommandFailure`` when an API key or a refresh token stands where an id belongs. It is not repeated.
    static func checked(_ argument: String) throws(CommandFailure) -> String {
        guard !RefreshToken.resembles(argument.utf8) else {
            throw CommandFailure(
                .usage,
                "this is a refresh token, not an id: it can now be seen in the process list and in your shell's history; revoke it"
            )
        }
        guard !APIKey.resembles(argument.utf8) else {
            throw CommandFailure(
                .usage,
                "this is an API key, not an id: it can now be seen in the process list and in your shell's history; rotate or delete it"
            )
        }
        return argument
    }

    /// A query of the filters that were given.
    ///
    /// - Throws: As ``checked(_:)``.
    static func query(_ filters: [(String, String?)]) throws(CommandFailure) -> [(String, String)] {
        var query: [(String, String)] = []
        for case (let name, let value?) in filters { query.append((name, try checked(value))) }
        return query
    }
}
