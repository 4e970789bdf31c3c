import Administration
import Foundation
import SQLiteStore
import TestSupport
import Testing

/// A run of `StoreProbe`, which stands beside the test's own executable, under strace or not.
struct Probe {
    /// Names of the changes that were acknowledged.
    let done: [String]
    let failed: [String]
    let reopenings: Int
    let output: String
    /// 0 when it ended by itself.
    let status: Int32

    static let isStraceInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

    init(in directory: String, changes: Int, prefix: String = "probe", strace: [String] = []) throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let probe = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/StoreProbe"
        let command = [probe, directory, String(changes), prefix]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: strace.isEmpty ? probe : "/usr/bin/strace")
        process.arguments = strace.isEmpty ? Array(command.dropFirst()) : ["-f", "-q"] + strace + command
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        output = String(decoding: data, as: UTF8.self)
        status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        let lines = output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        done = lines.filter { $0.first == "done" }.map { $0[1] }
        failed = lines.filter { $0.first == "failed" }.map { $0[1] }
        reopenings = lines.last { $0.first == "reopened" }.flatMap { Int($0[1]) } ?? 0
    }

    /// The changes that a new start finds, in order of their names.
    static func stored(in directory: String) async throws -> [String] {
        let store = try SQLiteStore.open(directory: directory, onChange: { _ in })
        defer { store.close() }
        #expect(try store.check() == [])
        var names: [String] = []
        while true {
            let page = PageRequest(limit: 200, after: names.last)
            let part = try await store.read { try $0.scopes(page) }
            names += part.map(\.name)
            guard part.count == 200 else { break }
        }
        return names.filter { $0.hasPrefix("probe") }
    }
}
