import AuthorizationServer
import JOSE
import Primitives

/// The Prometheus text format 0.0.4.
package struct MetricsText {
    private(set) var text = ""

    package mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(list)} \(value)\n"
    }

    /// One series of a histogram.
    ///
    /// - Parameters:
    ///   - bounds: As `le` says them, without the last, which is infinite.
    ///   - counts: What lies between two bounds each, and what lies beyond the last.
    package mutating func histogram(
        _ name: String,
        _ labels: [(String, String)] = [],
        bounds: [String],
        counts: [UInt64],
        sum: Double
    ) {
        var total: UInt64 = 0
        for (bound, count) in zip(bounds + ["+Inf"], counts) {
            total += count
            sample("\(name)_bucket", labels + [("le", bound)], String(total))
        }
        sample("\(name)_sum", labels, String(sum))
        sample("\(name)_count", labels, String(total))
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    mutating func write(_ metrics: LoopMetrics, version: String) {
        family("tokenbooth_build_info", "gauge", "The version that is running.")
        sample("tokenbooth_build_info", [("version", version)], "1")
        family(
            "tokenbooth_http_requests_total",
            "counter",
            "Requests answered, by operation, method and status."
        )
        for (labels, count) in metrics.requests.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            sample(
                "tokenbooth_http_requests_total",
                [("route", labels.operation), ("method", labels.method), ("status", String(labels.status))],
                String(count)
            )
        }
        family(
            "tokenbooth_http_request_duration_seconds",
            "histogram",
            "From a request's first byte to its answer, by operation."
        )
        for (operation, histogram) in metrics.durations.sorted(by: { $0.key < $1.key }) {
            self.histogram(
                "tokenbooth_http_request_duration_seconds",
                [("route", operation)],
                bounds: LoopMetrics.bucketBounds.map(\.text),
                counts: histogram.counts,
                sum: Double(histogram.sumNanoseconds) / 1e9
            )
        }
        family("tokenbooth_http_connections", "gauge", "Open connections, idle ones included.")
        sample("tokenbooth_http_connections", [], String(metrics.connections))
        family("tokenbooth_http_in_flight_requests", "gauge", "Requests that wait for their answer.")
        sample("tokenbooth_http_in_flight_requests", [], String(metrics.requestsInFlight))
        family("tokenbooth_tokens_issued_total", "counter", "Access tokens issued, by grant and algorithm.")
        for (labels, count) in metrics.tokens.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            sample(
                "tokenbooth_tokens_issued_total",
                [("grant", labels.grant), ("alg", labels.outcome)],
                String(count)
            )
        }
        family("tokenbooth_token_errors_total", "counter", "Token requests refused, by grant and error code.")
        for (labels, count) in metrics.tokenErrors.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            sample(
                "tokenbooth_token_errors_total",
                [("grant", labels.grant), ("error", labels.outcome)],
                String(count)
            )
        }
        family(
            "tokenbooth_introspections_total",
            "counter",
            "Introspections, by whether the token was active."
        )
        for isActive in [false, true] {
            let count = metrics.introspections[isActive] ?? 0
            sample("tokenbooth_introspections_total", [("active", String(isActive))], String(count))
        }
        family("tokenbooth_revocations_total", "counter", "Durable revocations, by what was revoked.")
        for kind in Revocation.Kind.allCases.map(\.rawValue) {
            let count = metrics.revocations[kind] ?? 0
            sample("tokenbooth_revocations_total", [("kind", kind)], String(count))
        }
        family(
            "tokenbooth_refresh_reuse_detected_total",
            "counter",
            "Spent refresh tokens that came back and ended their families."
        )
        sample("tokenbooth_refresh_reuse_detected_total", [], String(metrics.refreshReuse))
        writeLimits(metrics)
        family("tokenbooth_cache_requests_total", "counter", "Look-ups in the memory of API keys, by result.")
        sample(
            "tokenbooth_cache_requests_total",
            [("cache", "clients"), ("result", "hit")],
            String(metrics.cacheHits)
        )
        sample(
            "tokenbooth_cache_requests_total",
            [("cache", "clients"), ("result", "miss")],
            String(metrics.cacheMisses)
        )
    }

    mutating func write(_ ring: KeyRing) {
        family("tokenbooth_signing_keys", "gauge", "Published signing keys, by algorithm and stage.")
        let stages: [(String, [VerificationKey])] = [
            ("active", ring.active.map(\.publicKey)), ("pending", ring.pending), ("retired", ring.retired),
        ]
        for algorithm in JWSAlgorithm.allCases
        where ring.published.contains(where: { $0.algorithm == algorithm }) {
            for (stage, keys) in stages {
                let count = keys.count { $0.algorithm == algorithm }
                sample(
                    "tokenbooth_signing_keys",
                    [("alg", algorithm.rawValue), ("state", stage)],
                    String(count)
                )
            }
        }
    }
}
