import Logging

/// How the server logs.
struct LogSettings: Sendable, Equatable {
    enum Format: String, Sendable, CaseIterable {
        /// One JSON object a line.
        case json
        /// For people.
        case text
    }

    var format: Format
    var level: Logger.Level
}
