import JOSE
import Primitives

/// The issuer's published keys, as they were at one moment.
struct KeySet: Sendable {
    private let keys: [ByteString: VerificationKey]
    /// The headers of tokens by these keys, which need not be read letter by letter.
    let headers: KnownHeaders
    let entityTag: String?
    /// Seconds.
    private(set) var maximumAge: Int64
    /// When the fetch began that brought or confirmed it: milliseconds of ``Moment/uptime``.
    private(set) var confirmedAt: Int64

    /// - Throws: ``DocumentFault`` when no key of the set may verify.
    init(
        parsing bytes: [UInt8],
        entityTag: String?,
        maximumAge: Int?,
        at moment: Moment,
        _ configuration: VerifierConfiguration
    ) throws(DocumentFault) {
        let set: JWKSet
        do { set = try JWKSet(parsing: bytes) } catch { throw DocumentFault(error.description) }
        let allowed = configuration.algorithms.map(\.rawValue)
        let usable = set.keys.filter { key in
            allowed.contains { bytesEqual($0, key.algorithm.rawValue) }
        }
        guard !usable.isEmpty else { throw DocumentFault("it has no key that may verify") }
        let verifying = usable.map(VerificationKey.init)
        keys = Dictionary(verifying.map { (ByteString($0.kid), $0) }) { first, _ in first }
        // What the issuer writes itself; any other spelling is read in full.
        let types = configuration.kinds.compactMap(\.types.first)
        headers = KnownHeaders(verifying.filter { Self.isPlain($0.kid) }, types: types)
        self.entityTag = entityTag
        self.maximumAge = Self.bounded(maximumAge)
        confirmedAt = moment.uptime
    }

    /// The same keys, found to be still the published ones.
    ///
    /// - Parameter maximumAge: `nil` for the one that is known (RFC 9111 §4.3.4).
    func confirmed(maximumAge: Int?, at moment: Moment) -> KeySet {
        var copy = self
        if let maximumAge { copy.maximumAge = Self.bounded(maximumAge) }
        copy.confirmedAt = moment.uptime
        return copy
    }

    /// Whatever a cache says, a key that the issuer has withdrawn is not used for longer than an hour.
    private static func bounded(_ maximumAge: Int?) -> Int64 { Int64(min(max(maximumAge ?? 300, 1), 3600)) }

    /// Whether a `kid` stands in JSON as it is.
    private static func isPlain(_ kid: String) -> Bool {
        kid.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }

    subscript(_ kid: String) -> VerificationKey? { keys[ByteString(kid)] }

    /// - Parameter tolerance: Seconds past the `max-age`.
    func isRecent(at moment: Moment, tolerance: Int64) -> Bool {
        moment.uptime - confirmedAt <= (maximumAge + tolerance) * 1000
    }

    /// When the next copy is to be fetched: milliseconds of ``Moment/uptime``.
    var dueAt: Int64 { confirmedAt + maximumAge * 1000 }
}
