import Foundation
import Primitives

/// What a running booth costs, as the kernel and its own metrics say.
extension Booth {
    private var folder: String { "/proc/\(process.identifier)" }

    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: folder + "/fd").count) ?? 0
    }

    /// In KiB; 0 when the process is gone.
    var residentKilobytes: Int { kilobytes("VmRSS:") }

    /// The most that was ever resident, in KiB.
    var peakKilobytes: Int { kilobytes("VmHWM:") }

    private func kilobytes(_ name: String) -> Int {
        let text = (try? String(contentsOfFile: folder + "/status", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").first { $0.hasPrefix(name) }
            .flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
    }

    /// User and system time since the start, in seconds.
    var processorSeconds: Double {
        let text = (try? String(contentsOfFile: folder + "/stat", encoding: .utf8)) ?? ""
        let fields = text.drop { $0 != ")" }.split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            return 0
        }
        return (user + system) / 100
    }

    /// Bytes read from sockets and files since the start; `nil` where the kernel tells only root.
    var bytesRead: Int? {
        let text = (try? String(contentsOfFile: folder + "/io", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").first { $0.hasPrefix("rchar:") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }

    /// Open connections, the one that asks included.
    func connections() throws -> Int? {
        try get("/metrics", from: .admin).text.split(separator: "\n")
            .first { $0.hasPrefix("tokenbooth_http_connections ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) }
    }

    /// Makes the process allocate what it keeps anyway: readers of the store, buffers, caches.
    func warmUp(rounds: Int = 300) throws {
        let connection = try connect()
        let requests = TokenCall(key: rootKey).bytes + Array((Self.head("GET", "/oauth2/jwks") + "\r\n").utf8)
        for _ in 0..<rounds {
            connection.send(requests)
            _ = connection.response()
            _ = connection.response()
            _ = try get("/docs")
        }
    }
}
