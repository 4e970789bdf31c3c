import JOSE
import NIOCore
import NIOHTTP1
import OAuth
import Primitives

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

        mutating func count(_ duration: TimeAmount, in bucket: Int) {
            counts[bucket] += 1
            sumNanoseconds &+= duration.nanoseconds
        }
    }

    /// What is counted of one operation.
    ///
    /// The combinations that a loop meets are a handful, so that looking through them costs less than a table.
    struct OperationCounters: Sendable {
        var answers: [(method: String, status: Int, count: UInt64)] = []
        var durations = Histogram()

        var isUsed: Bool { !answers.isEmpty }

        mutating func count(_ method: String, _ status: Int, by number: UInt64 = 1) {
            let known = answers.firstIndex { $0.status == status && bytesEqual($0.method, method) }
            if let known {
                answers[known].count += number
            } else {
                answers.append((method, status, number))
            }
        }

        mutating func add(_ other: OperationCounters) {
            for (method, status, number) in other.answers { count(method, status, by: number) }
            for (index, number) in other.durations.counts.enumerated() { durations.counts[index] += number }
            durations.sumNanoseconds &+= other.durations.sumNanoseconds
        }
    }

    /// By ``Route/number``; the last is for requests that are for no operation.
    private var operations = [OperationCounters](repeating: OperationCounters(), count: Route.all.count + 1)
    private var issued: [(grant: GrantType, algorithm: JWSAlgorithm, count: UInt64)] = []
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

    /// - Parameter route: ``Route/number``; `nil` for a request that is for no operation.
    mutating func countRequest(route: Int?, method: String, status: Int, duration: TimeAmount) {
        let seconds = Double(duration.nanoseconds) / 1e9
        let bucket = Self.bucketBounds.firstIndex { seconds <= $0.seconds } ?? Self.bucketBounds.count
        let index = route ?? operations.count - 1
        operations[index].count(method, status)
        operations[index].durations.count(duration, in: bucket)
    }

    mutating func countToken(grant: GrantType, algorithm: JWSAlgorithm, by number: UInt64 = 1) {
        if let known = issued.firstIndex(where: { $0.grant == grant && $0.algorithm == algorithm }) {
            issued[known].count += number
        } else {
            issued.append((grant, algorithm, number))
        }
    }

    private static func operation(_ index: Int) -> String {
        index < Route.all.count ? Route.all[index].operation : Route.none
    }

    /// Answers by their labels.
    var requests: [RequestLabels: UInt64] {
        var requests: [RequestLabels: UInt64] = [:]
        for (index, counters) in operations.enumerated() {
            for (method, status, count) in counters.answers {
                let labels = RequestLabels(operation: Self.operation(index), method: method, status: status)
                requests[labels, default: 0] += count
            }
        }
        return requests
    }

    /// By operation.
    var durations: [String: Histogram] {
        var durations: [String: Histogram] = [:]
        for (index, counters) in operations.enumerated() where counters.isUsed {
            durations[Self.operation(index)] = counters.durations
        }
        return durations
    }

    var tokens: [TokenLabels: UInt64] {
        var tokens: [TokenLabels: UInt64] = [:]
        for (grant, algorithm, count) in issued {
            tokens[TokenLabels(grant: grant.rawValue, outcome: algorithm.rawValue), default: 0] += count
        }
        return tokens
    }

    /// - Parameter grant: `none` for a request that could not be read as far as its grant.
    mutating func countTokenError(grant: String, error: String) {
        tokenErrors[TokenLabels(grant: grant, outcome: error), default: 0] += 1
    }

    mutating func add(_ other: LoopMetrics) {
        for (index, counters) in other.operations.enumerated() where counters.isUsed {
            operations[index].add(counters)
        }
        for (grant, algorithm, count) in other.issued {
            countToken(grant: grant, algorithm: algorithm, by: count)
        }
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
