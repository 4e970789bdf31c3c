import AdminClient
import ArgumentParser
import JOSE
import OAuth
import Primitives

/// Why a token is not that of the issuer for the audience now.
private struct Unverified: Error {
    let reason: String

    var json: String {
        let answer = JSONObject([("verified", .bool(false)), ("reason", .string(reason))])
        return AdminSession.oneLine(JSONValue.object(answer).serialized)
    }
}

struct TokenVerify: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Check an access token with the issuer's published keys, as a resource server does offline.",
        discussion: """
            Signature, issuer, type, times and audience are checked; whether the token was revoked is not: for that use
            `introspect`. The token is read from standard input or a file. Exit 2 when it does not verify.

              tokenbooth token exchange -q | tokenbooth token verify --audience https://api.example
            """
    )

    @Option(
        help: ArgumentHelp(
            "The issuer; TOKENBOOTH_ISSUER; default http://127.0.0.1:8080.",
            valueName: "url"
        )
    )
    var issuer: String?

    @Option(help: ArgumentHelp("The audience that it must be for; any when left out.", valueName: "url"))
    var audience: String?

    @OptionGroup var trust: TrustOptions

    @Argument(help: "A file; standard input when it is - or left out.") var file: String?

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Print nothing; the exit code says it.")
    var quiet = false

    func perform() async throws {
        let server = try IssuerOptions.server(issuer)
        let token = try TokenArgument.read(file)
        let client = TokenClient(
            issuer: server,
            trusting: try trust.certificates()
        )
        let response: AdminResponse
        do { response = try await client.keySet() } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        guard response.isSuccess, let keys = try? JWKSet(parsing: response.body) else {
            throw CommandFailure(.refused, "the issuer publishes no key set that can be read")
        }
        let now = LogTime.now() / 1000
        do {
            try check(try Self.claims(of: token, keys), issuer: server.text, at: now)
        } catch let error as Unverified {
            if output == .json, !quiet { try Terminal.print(error.json) }
            throw CommandFailure(.wrong, "not verified: \(error.reason)")
        }
        var report = try TokenReport(parsing: token, now: now)
        report.isVerified = true
        guard !quiet else { return }
        try Terminal.print(output == .json ? report.json : report.table(width: Terminal.width))
    }

    private static func claims(of token: [UInt8], _ keys: JWKSet) throws -> JSONObject {
        do {
            let jws = try CompactJWS(parsing: token)
            guard let type = jws.type?.lowercased(), ["at+jwt", "jwt"].contains(type) else {
                throw Unverified(reason: "typ is not that of an access token")
            }
            guard let key = jws.kid.flatMap({ keys[$0] }) else {
                throw Unverified(reason: "kid is not of a published key")
            }
            let payload = try jws.verified(by: VerificationKey(key)).payload
            guard let claims = try JSONValue(parsing: payload).object else {
                throw Unverified(reason: "the claims are not a JSON object")
            }
            return claims
        } catch let error as Unverified {
            throw error
        } catch {
            throw Unverified(reason: "\(error)")
        }
    }

    /// RFC 9068 §4, with 60 s for clocks that do not agree.
    private func check(_ claims: JSONObject, issuer: String, at now: Int64) throws {
        guard let name = claims["iss"]?.string, bytesEqual(name, issuer) else {
            throw Unverified(reason: "iss is not \(issuer)")
        }
        guard let expiry = claims["exp"]?.integer, NumericDate(expiry).advanced(by: 60).seconds > now else {
            throw Unverified(reason: "it has expired")
        }
        if let start = claims["nbf"] {
            guard let start = start.integer, NumericDate(start).advanced(by: -60).seconds <= now else {
                throw Unverified(reason: "nbf is in the future")
            }
        }
        guard let audience else { return }
        let audiences =
            claims["aud"]?.array?.compactMap(\.string) ?? [claims["aud"]?.string].compactMap { $0 }
        guard audiences.contains(where: { bytesEqual($0, audience) }) else {
            throw Unverified(reason: "it is not for \(audience)")
        }
    }
}
