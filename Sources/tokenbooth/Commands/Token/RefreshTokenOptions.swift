import ArgumentParser
import OAuth
import Primitives

/// Where a refresh token comes from; never from an argument, which other users can see.
struct RefreshTokenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File that holds a refresh token, mode 0600, or - for standard input; TOKENBOOTH_REFRESH_TOKEN.",
            valueName: "path"
        )
    )
    var refreshTokenFile: String?

    /// - Parameter keyFromInput: Standard input is taken: the API key comes from there.
    /// - Returns: `nil` for a grant that needs none.
    func token(for grant: TokenCommand.Grant, keyFromInput: Bool) throws -> RefreshToken? {
        guard grant == .refreshToken else {
            guard refreshTokenFile == nil else {
                throw CommandFailure(.usage, "--refresh-token-file goes with --grant-type refresh_token")
            }
            return nil
        }
        guard let path = refreshTokenFile else {
            guard let text = ProcessEnvironment.variables["TOKENBOOTH_REFRESH_TOKEN"] else {
                throw CommandFailure(
                    .usage,
                    "no refresh token: set TOKENBOOTH_REFRESH_TOKEN or use --refresh-token-file"
                )
            }
            return try Self.token(Array(text.utf8), from: "TOKENBOOTH_REFRESH_TOKEN")
        }
        guard path == "-" else {
            let path = try SecretArgument.checked(path)
            return try Self.token(try PrivateFile.read(path, limit: 256), from: path)
        }
        guard !keyFromInput else {
            throw CommandFailure(
                .usage,
                "standard input holds the API key: give one of the two in another way"
            )
        }
        return try Self.token(try Terminal.readInput(limit: 256), from: "standard input")
    }

    private static func token(_ bytes: [UInt8], from source: String) throws -> RefreshToken {
        guard let token = RefreshToken(parsing: bytes.withoutTrailingSpace) else {
            throw CommandFailure(
                .usage,
                "\(source) holds no well-formed refresh token (tbr_ and 56 characters)"
            )
        }
        return token
    }
}
