import OAuth

/// Why the server does not start, or a reload is refused: which setting, where it was set, and what is wrong.
///
/// Exit code 78 (`EX_CONFIG`).
struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The name of the setting, or what else is at fault, such as a file.
    let subject: String
    let source: SettingSource?
    let reason: String

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

    var description: String {
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
