import Testing

@Suite("Metrics", .serialized, .booth)
struct Metrics {
    @Test
    func `what the database did is counted under stable names`() throws {
        let booth = try Booth.current
        _ = try booth.makeKey()
        let text = try booth.get("/metrics", from: .admin).text
        let lines = text.split(separator: "\n")
        for (name, kind) in [
            ("tokenbooth_db_write_duration_seconds", "histogram"), ("tokenbooth_db_batch_size", "histogram"),
            ("tokenbooth_db_commit_failures_total", "counter"), ("tokenbooth_db_reopenings_total", "counter"),
            ("tokenbooth_db_wal_bytes", "gauge"), ("tokenbooth_api_keys", "gauge"),
        ] {
            #expect(lines.contains("# TYPE \(name) \(kind)"))
        }
        func value(_ series: String) -> Double? {
            lines.first { $0.hasPrefix(series + " ") }?.split(separator: " ").last.flatMap { Double($0) }
        }
        let commits = value("tokenbooth_db_batch_size_count") ?? 0
        #expect(commits >= 4)
        #expect(value("tokenbooth_db_write_duration_seconds_count") == commits)
        #expect(value("tokenbooth_db_write_duration_seconds_bucket{le=\"+Inf\"}") == commits)
        #expect(value("tokenbooth_db_batch_size_sum") ?? 0 >= commits)
        #expect(value("tokenbooth_db_wal_bytes") ?? 0 > 0)
        #expect(value("tokenbooth_api_keys{state=\"active\"}") ?? 0 >= 1)
        for state in ["disabled", "expired", "revoked"] {
            #expect(value("tokenbooth_api_keys{state=\"\(state)\"}") == 0)
        }
        // No series twice, and none without its family.
        let series = lines.filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: " ").first }
        #expect(Set(series).count == series.count)
    }
}
