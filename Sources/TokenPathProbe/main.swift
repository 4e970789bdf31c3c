// The token path in process, for counting instructions and measuring refusals: what there is before HTTP and sockets.
//
//   TokenPathProbe COUNT                   from the bytes of a form to the bytes of an answer, COUNT times
//   TokenPathProbe --limited COUNT         the same for a key with a rate limit, a quota and an address list
//   TokenPathProbe --bare-signature COUNT  one ES256 signature over 32 bytes, COUNT times
//   TokenPathProbe --verify COUNT          as the first, and every token is verified and has a `jti` of its own
//   TokenPathProbe --bare-verification COUNT       one ES256 signature verified, COUNT times
//   TokenPathProbe --introspect COUNT [DENIED]     from the bytes of a form to the bytes of an answer about one of 1000
//                                                  tokens, with DENIED others denied
//   TokenPathProbe --refused-keys COUNT    API keys that are refused for one reason or another, COUNT times each: a line
//                                          for each kind, its name, a colon, and the nanoseconds of every time
//   TokenPathProbe --refused-users COUNT   the same of user names with API keys that are not theirs
//
// With `--rounds N` before all of this what is counted is done N times over. Each round, and what comes after the last,
// begins with a call of `getppid`, which nothing else here makes: callgrind's `--dump-before=getppid` tells them apart.
import AuthorizationServer
import Glibc
import JOSE
import OAuth
import Primitives

/// One API key, as a store would give it.
struct OneClient: ClientStore {
    let record: ClientRecord

    /// - Parameter isLimited: Whether it has a rate limit, a quota and a list of addresses; none of them refuses.
    init(_ key: APIKey, isLimited: Bool) {
        var record = ClientRecord(
            id: KeyID(ULID(milliseconds: 1_790_000_000_000, random: SystemRandom.bytes(10))),
            digest: key.digest,
            subject: "probe",
            project: ProjectID(ULID(high: 1, low: 2)),
            scopes: ["reports:read", "reports:write"],
            audiences: [AudienceRecord(name: "https://api.example")],
            projectDefaultAudience: nil,
            grantTypes: [.clientCredentials, .tokenExchange],
            claims: [],
            isDisabled: false,
            isRevoked: false,
            expiresAt: nil,
            accessTokenLifetime: nil,
            allowedAddresses: nil,
            projectAllowedAddresses: nil,
            status: Self.status
        )
        if isLimited {
            record.rateLimit = RateLimit(requests: 1_000_000, seconds: 1)
            record.quota = TokenQuota(tokens: 1_000_000_000, period: .month)
            let ranges = ["10.0.0.0/8", "2001:db8::/32", "198.51.100.0/24", "192.0.2.0/24"]
            record.allowedAddresses = try? AddressList(parsing: ranges)
        }
        self.record = record
    }

    static let status: StatusReference? = StatusListID(1).flatMap { StatusReference(list: $0, index: 77_777) }

    func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord? {
        digest == record.digest ? record : nil
    }

    func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord? {
        id == record.id ? record : nil
    }
}

/// What an event loop keeps between requests.
final class Counters {
    var tally = UsageTally()
    var fields: [UInt8] = []
}

/// As an event loop reads it.
func uptime() -> Uptime {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Uptime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
}

/// Everything of an event loop that a token passes through.
struct TokenPath {
    let directory: ClientDirectory
    let endpoint: TokenEndpoint
    let minter: TokenMinter
    let body = Array("grant_type=client_credentials".utf8)
    let authorization: String
    let counters = Counters()
    static let address = IPAddress(v4: 0xC000_0211)
    static let time = NumericDate(1_790_000_000)
    static let issuer = "http://127.0.0.1:8080"

    init(_ ring: KeyRing, isLimited: Bool = false) async throws {
        let issuer = Self.issuer
        let key = APIKey.generate()
        directory = ClientDirectory(store: OneClient(key, isLimited: isLimited), issuer: issuer)
        endpoint = TokenEndpoint(
            issuer: issuer,
            policy: TokenPolicy(),
            refreshPolicy: RefreshPolicy(),
            refreshSecret: RefreshSecret(SystemRandom.bytes(32))
        )
        minter = try TokenMinter(ring, issuer: issuer)
        authorization = "Basic " + Self.base64(Array(":".utf8) + key.secret)
        _ = try await directory.load(key.digest, at: Self.time)
    }

    /// Parse, find, judge, mint, print, count.
    func token(at now: NumericDate) throws -> [UInt8] {
        let request = try TokenRequest(
            form: FormParameters(parsing: body),
            authorization: [authorization],
            apiKeyHeader: []
        )
        var client: Client?
        if let digest = request.authentication?.key?.digest, case .known(let known) = directory.cached(digest)
        {
            client = known
        }
        let found = TokenEndpoint.FoundClients(authenticated: client, subject: nil)
        let decision = try endpoint.decide(request, clients: found, from: Self.address, at: now)
        guard case .mint(let grant) = decision else { fail("a plain token that wants to be kept") }
        var left: ServiceLimits?
        if let limits = decision.client.limits {
            guard case .admitted(let admission) = limits.admit(at: uptime(), on: now) else {
                fail("a limit that refuses")
            }
            left = limits.limits(admission)
        }
        var response = try minter.mint(grant, at: now)
        let answer = response.takeJSON()
        counters.tally.countToken(
            by: grant.grantType,
            to: grant.client.id,
            grant.client.number,
            from: Self.address,
            at: now
        )
        if let left { write(left) }
        return answer
    }

    /// The fields that go out beside the token.
    private func write(_ limits: ServiceLimits) {
        counters.fields.removeAll(keepingCapacity: true)
        for limit in [limits.rate, limits.quota].compactMap(\.self) {
            limit.appendPolicy(to: &counters.fields)
            limit.appendLimit(to: &counters.fields)
        }
    }

    static func base64(_ bytes: [UInt8]) -> String {
        var text = String(decoding: Base64URL.encode(bytes), as: UTF8.self)
        text = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        return text + String(repeating: "=", count: (3 - bytes.count % 3) % 3)
    }
}

/// The `jti` of the token in an answer, once its signature holds.
func verifiedIdentifier(in answer: [UInt8], _ key: VerificationKey) throws -> String? {
    guard let token = try JSONValue(parsing: answer).object?["access_token"]?.string else { return nil }
    let jws = try CompactJWS(parsing: Array(token.utf8)).verified(by: key)
    return try JSONValue(parsing: jws.payload).object?["jti"]?.string
}

/// Does it `rounds` times, and says so to whoever watches the process.
func inRounds(_ rounds: Int, _ body: () throws -> Void) rethrows {
    for _ in 0..<rounds {
        _ = getppid()
        try body()
    }
    _ = getppid()
}

func fail(_ reason: String) -> Never {
    print(reason)
    exit(1)
}

var arguments = Array(CommandLine.arguments.dropFirst())
var rounds = 1
if arguments.count > 2, arguments[0] == "--rounds" {
    rounds = Int(arguments[1]) ?? 0
    arguments.removeFirst(2)
}
let mode = arguments.first.flatMap { $0.hasPrefix("--") ? $0 : nil } ?? "--mint"
let numbers = arguments.dropFirst(mode == "--mint" ? 0 : 1).map { Int($0) ?? 0 }
let modes = [
    "--mint": 1, "--limited": 1, "--bare-signature": 1, "--verify": 1, "--bare-verification": 1,
    "--introspect": 2, "--refused-keys": 1, "--refused-users": 1,
]
guard let most = modes[mode], (1...most).contains(numbers.count), numbers[0] > 0, rounds > 0 else {
    fail(
        """
        usage: TokenPathProbe [--rounds N] [--limited | --bare-signature | --verify | --bare-verification] COUNT
               TokenPathProbe [--rounds N] --introspect COUNT [DENIED]
               TokenPathProbe [--refused-keys | --refused-users] COUNT
        """
    )
}
let count = numbers[0]

let key = try SigningKey.generate(.es256)
let message = SystemRandom.bytes(32)
let context = try SigningContext(key)
let now = TokenPath.time
guard let ring = KeyRing(active: [key]) else { fail("no key") }
let path = try await TokenPath(ring, isLimited: mode == "--limited")
switch mode {
case "--bare-signature": try inRounds(rounds) { for _ in 0..<count { _ = try context.sign(message.span) } }
case "--bare-verification":
    let signature = try context.sign(message.span)
    inRounds(rounds) {
        for _ in 0..<count where !key.publicKey.verify(signature, over: message) { fail("not verified") }
    }
case "--introspect":
    let denied = numbers.count > 1 ? numbers[1] : 0
    let introspection = try IntrospectionPath(path, ring: ring, tokens: 1_000, denied: denied, at: now)
    var number = 0
    try inRounds(rounds) {
        for _ in 0..<count {
            guard try introspection.introspect(number, at: now) != nil else { fail("not active") }
            number += 1
        }
    }
case "--refused-keys", "--refused-users":
    let refusals = try await Refusals(mode == "--refused-keys" ? .keys : .users, path)
    for (name, nanoseconds) in refusals.measure(rounds: count) {
        print("\(name): \(nanoseconds.map(String.init).joined(separator: " "))")
    }
default:
    var identifiers: Set<String> = []
    try inRounds(rounds) {
        for _ in 0..<count {
            let answer = try path.token(at: now)
            guard mode == "--verify" else { continue }
            guard let identifier = try verifiedIdentifier(in: answer, key.publicKey) else {
                fail("not a token")
            }
            guard identifiers.insert(identifier).inserted else { fail("a jti came twice") }
        }
    }
}
