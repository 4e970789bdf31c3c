import NIOCore
import NIOHTTP1
import OAuth

/// The counters of one event loop; added up over the loops when somebody reads them.
struct LoopMetrics: Sendable {
    struct RequestLabels: Hashable, Sendable {
        let operation: String
        let method: String
        let status: Int
    }

    struct TokenLabels: Hashable, Sendable {
        let grant: String
        /// The algorithm of an issued token, or the error code of a refused one.
        let outcome: String
    }

    /// Seconds; upper bounds, as `le` says them.
    static let bucketBounds: [(seconds: Double, text: String)] = [
        (0.0001, "0.0001"), (0.00025, "0.00025"), (0.0005, "0.0005"), (0.001, "0.001"), (0.0025, "0.0025"),
        (0.005, "0.005"), (0.01, "0.01"), (0.025, "0.025"), (0.1, "0.1"), (0.5, "0.5"), (2.5, "2.5"),
    ]

    struct Histogram: Sendable {
        /// One more than the bounds: the last is what lies beyond.
        var counts = [UInt64](repeating: 0, count: LoopMetrics.bucketBounds.count + 1)
        var sumNanoseconds: Int64 = 0
    }

    var requests: [RequestLabels: UInt64] = [:]
    var durations: [String: Histogram] = [:]
    var tokens: [TokenLabels: UInt64] = [:]
    var tokenErrors: [TokenLabels: UInt64] = [:]
    /// By whether the token was active.
    var introspections: [Bool: UInt64] = [:]
    /// By what was revoked.
    var revocations: [String: UInt64] = [:]
    var refreshReuse: UInt64 = 0
    /// Requests refused, by the limit that they were beyond.
    var limited: [String: UInt64] = [:]
    /// Tokens given beyond a quota that is not enforced.
    var beyondQuota: UInt64 = 0
    var failedAuthentications: UInt64 = 0
    var cacheHits: UInt64 = 0
    var cacheMisses: UInt64 = 0
    var connections = 0
    var requestsInFlight = 0

    mutating func countRequest(operation: String, method: String, status: Int, duration: TimeAmount) {
        requests[RequestLabels(operation: operation, method: method, status: status), default: 0] += 1
        let seconds = Double(duration.nanoseconds) / 1e9
        let bucket = Self.bucketBounds.firstIndex { seconds <= $0.seconds } ?? Self.bucketBounds.count
        durations[operation, default: Histogram()].counts[bucket] += 1
        durations[operation, default: Histogram()].sumNanoseconds &+= duration.nanoseconds
    }

    mutating func countToken(grant: GrantType, algorithm: String) {
        tokens[TokenLabels(grant: grant.rawValue, outcome: algorithm), default: 0] += 1
    }

    /// - Parameter grant: `none` for a request that could not be read as far as its grant.
    mutating func countTokenError(grant: String, error: String) {
        tokenErrors[TokenLabels(grant: grant, outcome: error), default: 0] += 1
    }

    mutating func add(_ other: LoopMetrics) {
        requests.merge(other.requests, uniquingKeysWith: +)
        tokens.merge(other.tokens, uniquingKeysWith: +)
        tokenErrors.merge(other.tokenErrors, uniquingKeysWith: +)
        introspections.merge(other.introspections, uniquingKeysWith: +)
        revocations.merge(other.revocations, uniquingKeysWith: +)
        refreshReuse += other.refreshReuse
        limited.merge(other.limited, uniquingKeysWith: +)
        beyondQuota += other.beyondQuota
        failedAuthentications += other.failedAuthentications
        cacheHits += other.cacheHits
        cacheMisses += other.cacheMisses
        connections += other.connections
        requestsInFlight += other.requestsInFlight
        for (operation, histogram) in other.durations {
            for (index, count) in histogram.counts.enumerated() {
                durations[operation, default: Histogram()].counts[index] += count
            }
            durations[operation, default: Histogram()].sumNanoseconds &+= histogram.sumNanoseconds
        }
    }

    /// A method as a label: a stranger cannot make new ones.
    static func methodName(_ method: HTTPMethod) -> String {
        switch method {
        case .GET: "GET"
        case .HEAD: "HEAD"
        case .POST: "POST"
        case .PUT: "PUT"
        case .PATCH: "PATCH"
        case .DELETE: "DELETE"
        case .OPTIONS: "OPTIONS"
        default: "other"
        }
    }
}
