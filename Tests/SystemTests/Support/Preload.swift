import Foundation
import Testing

/// The libraries of `Tests/Preload`, which change what the real binary meets; each is compiled when first asked for.
enum Preload {
    /// A C compiler; the toolchain brings one.
    static let compiler: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/bin"]
        return ["cc", "clang"].flatMap { name in folders.map { "\($0)/\(name)" } }.first(
            where: Repository.has
        )
    }()

    private static let built = ["wallclock", "exhausted", "disk"].map { name in
        (name, Result { try build(name) })
    }

    /// The path of a library.
    static func library(_ name: String) throws -> String {
        try #require(built.first { $0.0 == name }).1.get()
    }

    private static func build(_ name: String) throws -> String {
        let directory = try TemporaryDirectory()
        let process = try ChildProcess(
            [Repository.path("Tests/Preload/build.sh"), name],
            environment: ["CC": try #require(compiler)],
            output: directory.path + "/out",
            errors: directory.path + "/err"
        )
        try #require(process.wait(seconds: 60) == .exited(0), "\(directory.text(of: "err"))")
        return directory.text(of: "out").trimmingCharacters(in: .newlines)
    }
}

/// The wall clock of the real binary, moved by a preloaded library; every other clock goes on.
struct MovedClock {
    let file: String
    let environment: [String: String]
    /// Whose life is the file's.
    private let directory: TemporaryDirectory

    init(in directory: TemporaryDirectory, _ seconds: Int64 = 0) throws {
        self.directory = directory
        file = directory.path + "/clock"
        environment = ["LD_PRELOAD": try Preload.library("wallclock"), "WALL_CLOCK_FILE": file]
        try directory.file("clock", String(repeating: "\0", count: 8))
        try move(seconds)
    }

    /// - Parameter seconds: From the true time.
    func move(_ seconds: Int64) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.write(contentsOf: Data((0..<8).map { UInt8(truncatingIfNeeded: seconds >> ($0 * 8)) }))
        try handle.close()
    }
}
