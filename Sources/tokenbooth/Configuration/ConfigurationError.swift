import OAuth
import Primitives

/// Why the server does not start, or a reload is refused: which setting, where it was set, and what is wrong; and the
/// same of every other mistake that was found with it.
///
/// Exit code 78 (`EX_CONFIG`).
struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The name of the setting, or what else is at fault, such as a file.
    let subject: String
    let source: SettingSource?
    let reason: String
    private var others: [ConfigurationError] = []

    init(_ key: SettingKey, from source: SettingSource, _ reason: String) {
        subject = key.rawValue
        self.source = source
        self.reason = reason
    }

    init(_ subject: String, _ reason: String) {
        self.subject = subject
        source = nil
        self.reason = reason
    }

    /// All of them as one error.
    ///
    /// - Returns: `nil` when there is none.
    init?(_ mistakes: [ConfigurationError]) {
        guard let first = mistakes.first else { return nil }
        self = first
        others += mistakes.dropFirst()
    }

    /// Each mistake by itself.
    var mistakes: [ConfigurationError] {
        var first = self
        first.others = []
        return [first] + others
    }

    func isOf(_ key: SettingKey) -> Bool { bytesEqual(subject, key.rawValue) }

    /// A mistake a line.
    var description: String { mistakes.map(\.words).joined(separator: "\n  ") }

    private var words: String {
        switch source {
        case nil: "\(subject): \(reason)"
        case .standard: "\(subject) (default): \(reason)"
        case let source?: "\(subject) (from \(source)): \(reason)"
        }
    }

    /// `value` for a message: short, printable, and never an API key that was put in the wrong place.
    static func quoted(_ value: String) -> String {
        guard !APIKey.mayOccur(in: Array(value.utf8)) else { return "(an API key)" }
        return "\"\(TerminalText.sanitized(value, limit: 80))\""
    }
}
