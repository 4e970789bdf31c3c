import Foundation

/// Files of the tree that the tests were built from.
enum Repository {
    static let root: String = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    static func path(_ name: String) -> String { root + "/" + name }

    /// Empty when there is no such file.
    static func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path(name)) ?? Data(), as: UTF8.self)
    }

    /// The first block of a document with this mark behind its three back-ticks.
    static func block(_ mark: String, of document: String) -> String? { blocks(mark, of: document).first }

    /// All of them, in their order.
    static func blocks(_ mark: String, of document: String) -> [String] {
        text(document).components(separatedBy: "```\(mark)\n").dropFirst()
            .compactMap { $0.components(separatedBy: "\n```").first }
    }

    static func has(_ program: String) -> Bool { FileManager.default.isExecutableFile(atPath: program) }
}
