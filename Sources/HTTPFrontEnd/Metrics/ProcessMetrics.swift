import Foundation

/// What Linux says of this process, under the names that every exporter uses.
enum ProcessMetrics {
    static func write(to text: inout MetricsText) {
        let fields =
            (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8))
            .map { $0.drop { $0 != ")" }.split(separator: " ") } ?? []
        guard fields.count > 22, let user = Double(fields[12]), let system = Double(fields[13]),
            let pages = Int(fields[22]), let size = Int(fields[21])
        else { return }
        text.family("process_cpu_seconds_total", "counter", "User and system time of the process.")
        text.sample("process_cpu_seconds_total", [], String((user + system) / 100))
        text.family("process_resident_memory_bytes", "gauge", "Memory in use by the process.")
        text.sample("process_resident_memory_bytes", [], String(pages * 4096))
        text.family("process_virtual_memory_bytes", "gauge", "Address space of the process.")
        text.sample("process_virtual_memory_bytes", [], String(size))
        if let boot = Self.bootTime, let ticks = Double(fields[20]) {
            text.family("process_start_time_seconds", "gauge", "When the process started, in Unix time.")
            text.sample("process_start_time_seconds", [], String(boot + ticks / 100))
        }
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        text.family("process_open_fds", "gauge", "Open file descriptors.")
        text.sample("process_open_fds", [], String(open))
    }

    /// Unix time at which the machine started; the process's own time counts from there.
    private static let bootTime: Double? = {
        let lines = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8))?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }()
}
