import Foundation
import Primitives
import Testing

/// libcrypto's memory in the real binary, which runs out where a test says so; everybody else's does not.
private struct Shortage {
    let environment: [String: String]
    private let file: String

    init(in directory: TemporaryDirectory) throws {
        file = try directory.file("memory", String(repeating: "\0", count: 32))
        environment = ["LD_PRELOAD": try Preload.library("exhausted"), "EXHAUSTED_FILE": file]
    }

    /// - Parameters:
    ///   - number: Of the allocation that fails, from 1 on, counted from now.
    ///   - lasts: Whether all after it fail, too.
    func begin(at number: Int, lasts: Bool) throws { try write([number, lasts ? 1 : 0, 0, 0]) }

    /// - Returns: Whether an allocation failed.
    func end() throws -> Bool {
        let failed = FileManager.default.contents(atPath: file)?.suffix(8).contains { $0 != 0 } ?? false
        try write([0, 0, 0, 0])
        return failed
    }

    private func write(_ numbers: [Int]) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.write(
            contentsOf: Data(
                numbers.map { UInt64($0).littleEndian }.flatMap { number in
                    (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
                }
            )
        )
        try handle.close()
    }
}

@Suite("Tokens when libcrypto has no memory: RFC 8725 §3.3", .enabled(if: Preload.compiler != nil))
struct OutOfMemory {
    private let booth: Booth
    private let shortage: Shortage

    init() throws {
        let directory = try TemporaryDirectory()
        shortage = try Shortage(in: directory)
        booth = try Booth(environment: shortage.environment, in: directory)
    }

    /// The request that hands a token in, and whether its answer is that of a good one.
    private func call(_ input: TokenInput, _ token: String, by key: MadeKey, subject: String) -> TokenCall? {
        switch input {
        case .introspection: return TokenCall(presenting: token, to: "introspect", key: key.secret)
        case .revocation: return TokenCall(presenting: token, to: "revoke", key: key.secret)
        case .subjectToken: return TokenCall(exchangingToken: token, key: key.secret)
        case .actorToken:
            let actor = [("actor_token", token), ("actor_token_type", TokenCall.accessTokenType)]
            return TokenCall(exchangingToken: subject, key: key.secret, actor)
        case .adminBearer, .forwardAuth: return nil
        }
    }

    /// The answer to the request that hands a token in.
    private func present(_ token: String, to input: TokenInput, by key: MadeKey, subject: String) throws
        -> HTTPResponse?
    {
        if let call = call(input, token, by: key, subject: subject) { return try booth.attempt(call) }
        guard input == .forwardAuth else { return try booth.attempt("GET", "keys", key: token) }
        let connection = try RawConnection(port: booth.publicPort)
        let path = "/forward-auth?" + TokenCall.form([("audience", Booth.audience)])
        connection.send(Array((Booth.head("GET", path, ["Authorization: Bearer \(token)"]) + "\r\n").utf8))
        return connection.response()
    }

    private func isAccepted(_ input: TokenInput, _ response: HTTPResponse, _ genuine: String, _ key: MadeKey)
        throws -> Bool
    {
        switch input {
        case .introspection: response.json?["active"]?.bool == true
        case .revocation: try !booth.isActive(genuine, for: key)
        case .subjectToken, .actorToken, .adminBearer, .forwardAuth: response.status == 200
        }
    }

    /// Its signature is that of another message.
    private func forged(_ token: String, _ other: String) -> String {
        let parts = token.split(separator: "."), strange = other.split(separator: ".")
        return "\(parts[0]).\(parts[1]).\(strange[2])"
    }

    // A good token may be refused with 503, which says that it is the service that failed; it must not be called dead,
    // and least of all may its revocation be answered and not done.
    // threats: JWT-21
    @Test(arguments: TokenInput.allCases)
    func `no forgery is accepted, and no good token is taken for a bad one, wherever memory runs out`(
        input: TokenInput
    ) throws {
        let admin =
            "\"admin_role\":\"admin\",\"audiences\":[\"urn:tokenbooth:admin\"],\"scopes\":[\"keys:read\"]"
        let key = try booth.makeKey(input == .adminBearer ? admin : "")
        let other = try booth.accessToken(key)
        for (isGenuine, lasts) in [(true, false), (true, true), (false, false), (false, true)] {
            var (failures, misjudged) = (0, 0)
            var hasMemory = false
            while !hasMemory, failures < 400 {
                let genuine = input == .revocation ? try booth.accessToken(key) : other
                let token = try isGenuine ? genuine : forged(genuine, booth.accessToken(key))
                try shortage.begin(at: failures + 1, lasts: lasts)
                let response = try present(token, to: input, by: key, subject: other)
                hasMemory = try !shortage.end()
                if !hasMemory { failures += 1 }
                let answer = try #require(response, "no answer at allocation \(failures)")
                let place: Comment =
                    "allocation \(failures), \(lasts ? "and all after it" : "alone"): \(answer.text)"
                let isAccepted = try isAccepted(input, answer, genuine, key)
                #expect(isGenuine || !isAccepted, place)
                if isGenuine, !isAccepted, answer.status != 503 { misjudged += 1 }
                #expect(answer.status != 503 || !hasMemory && answer["retry-after"] != nil, place)
            }
            #expect(hasMemory && failures > 20, "\(failures) allocations failed")
            #expect(misjudged == 0, "\(misjudged) of \(failures) times a good token was called dead")
        }
        booth.stop()
    }
}
