import AuthorizationServer
import OAuth
import Primitives

/// Credentials that are refused with the same bytes, and how long each takes in process.
struct Refusals {
    enum Group {
        /// API keys, of which one is unknown and the others are refused for what is known of them.
        case keys
        /// User names with API keys that are not theirs.
        case users
    }

    /// What is sent, the first of which the others are compared with.
    private let kinds: [(name: String, authorization: String)]
    private let directory: ClientDirectory
    private let path: TokenPath

    /// Rounds that are not counted.
    private static let warmUp = 2_000

    /// Everything is in memory afterwards as it is after the first request: also that a key is unknown.
    init(_ group: Group, _ path: TokenPath) async throws {
        self.path = path
        var clients = Clients()
        switch group {
        case .keys:
            kinds = [
                ("unknown", Self.authorization(APIKey.generate())),
                ("disabled", Self.authorization(clients.add { $0.isDisabled = true }.key)),
                ("expired", Self.authorization(clients.add { $0.expiresAt = TokenPath.time }.key)),
                ("revoked", Self.authorization(clients.add { $0.isRevoked = true }.key)),
                ("elsewhere", Self.authorization(try clients.addElsewhere().key)),
            ]
        case .users:
            let stranger = APIKey.generate()
            let (known, other) = (clients.add { _ in }, clients.add { _ in })
            kinds = [
                ("unknown user", Self.authorization(stranger, named: Clients.newID())),
                ("known user", Self.authorization(stranger, named: known.id)),
                ("user of another key", Self.authorization(other.key, named: known.id)),
            ]
        }
        directory = ClientDirectory(store: clients, issuer: TokenPath.issuer)
        for (_, authorization) in kinds {
            let authentication = try ClientAuthentication(authorization: Array(authorization.utf8))
            guard let key = authentication.key else { fail("a malformed API key") }
            _ = try await directory.load(key.digest, at: TokenPath.time)
        }
    }

    private static func authorization(_ key: APIKey, named id: KeyID? = nil) -> String {
        "Basic " + TokenPath.base64(Array("\(id?.description ?? ""):".utf8) + key.secret)
    }

    /// Nanoseconds of each kind; a round has one of each, in an order of its own.
    func measure(rounds: Int) -> [(name: String, nanoseconds: [Int64])] {
        let refusal = OAuthError(.invalidClient, ClientRefusal.description).json
        var found = kinds.map { kind in (name: kind.name, nanoseconds: [Int64]()) }
        for kind in found.indices { found[kind].nanoseconds.reserveCapacity(rounds) }
        var (order, random) = (Array(kinds.indices), QuickRandom())
        for round in -Self.warmUp..<rounds {
            order.shuffle(using: &random)
            for kind in order {
                let start = uptime()
                let answer = refuse(kinds[kind].authorization)
                let end = uptime()
                guard answer == refusal else { fail("\(kinds[kind].name) was not refused like the others") }
                if round >= 0 { found[kind].nanoseconds.append(end.nanoseconds - start.nanoseconds) }
            }
        }
        return found
    }

    /// Parse, find, judge, refuse, count.
    ///
    /// - Returns: `nil` when it is granted.
    private func refuse(_ authorization: String) -> [UInt8]? {
        var client: Client?
        do throws(OAuthError) {
            let request = try TokenRequest(
                form: FormParameters(parsing: path.body),
                authorization: [authorization],
                apiKeyHeader: []
            )
            if let digest = request.authentication?.key?.digest {
                switch directory.cached(digest) {
                case .known(let known): client = known
                case .unknown: break
                case .notCached: fail("a key that is not in memory")
                }
            }
            let found = TokenEndpoint.FoundClients(authenticated: client, subject: nil)
            _ = try path.endpoint.decide(request, clients: found, from: TokenPath.address, at: TokenPath.time)
            return nil
        } catch {
            if let client {
                let reason = UsageDenial(error, of: client, at: TokenPath.time)
                path.counters.tally.countDenial(reason, of: client.id, client.number, at: TokenPath.time)
            }
            return error.json
        }
    }
}

/// API keys as a store would give them.
private struct Clients: ClientStore {
    private var records: [ClientRecord] = []

    static func newID() -> KeyID {
        KeyID(ULID(milliseconds: 1_790_000_000_000, random: SystemRandom.bytes(10)))
    }

    mutating func add(_ change: (inout ClientRecord) -> Void) -> (id: KeyID, key: APIKey) {
        let key = APIKey.generate()
        var record = OneClient(key, isLimited: false).record
        record.id = Self.newID()
        record.subject = record.id.description
        change(&record)
        records.append(record)
        return (record.id, key)
    }

    /// One that is good at another address only.
    mutating func addElsewhere() throws -> (id: KeyID, key: APIKey) {
        let addresses = try AddressList(parsing: ["198.51.100.7"])
        return add { $0.allowedAddresses = addresses }
    }

    func client(withDigest digest: SHA256Digest) async throws(StoreUnavailable) -> ClientRecord? {
        records.first { $0.digest == digest }
    }

    func client(withID id: KeyID) async throws(StoreUnavailable) -> ClientRecord? {
        records.first { $0.id == id }
    }
}

/// SplitMix64: an order needs no secret, and a call of the system between two samples would disturb them.
private struct QuickRandom: RandomNumberGenerator {
    private var state = UInt64.random(in: 0...UInt64.max)

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
