import Configuration
import Yams

/// A configuration file (YAML) whose every key is known.
struct ConfigurationFile: Sendable {
    let path: String
    let snapshot: any ConfigSnapshot

    /// Bytes; a file that is larger is certainly another one.
    static let maximumSize = 1 << 20

    /// - Throws: ``ConfigurationError`` when the file cannot be read, is not one YAML mapping, or has a key
    ///   that is no setting.
    init(path: String) throws(ConfigurationError) {
        self.path = path
        let bytes: [UInt8]
        do {
            bytes = try PlainFile.read(path, limit: Self.maximumSize)
        } catch {
            throw ConfigurationError("configuration file \(path)", error.reason)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError("configuration file \(path)", "is not UTF-8")
        }
        do {
            guard let root = try Yams.compose(yaml: text), root.null == nil else {
                snapshot = InMemoryProvider(values: [:]).snapshot()
                return
            }
            try Self.check(root, at: [], in: path)
            snapshot = try unsafe YAMLSnapshot(
                data: bytes.span.bytes,
                providerName: path,
                parsingOptions: .default
            )
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw ConfigurationError("configuration file \(path)", Self.reason(error))
        }
    }

    /// Walks the mappings down to the settings; the provider itself would overlook an unknown key.
    private static func check(_ node: Node, at prefix: [String], in path: String) throws(ConfigurationError) {
        guard let mapping = node.mapping else {
            let name =
                prefix.isEmpty ? "configuration file \(path)" : "\(prefix.joined(separator: ".")) in \(path)"
            throw ConfigurationError(name, "must be a mapping of settings to values")
        }
        for (key, value) in mapping {
            let keyPath = prefix + [key.string ?? "?"]
            let name = TerminalText.sanitized(keyPath.joined(separator: "."), limit: 80)
            let place = "\(name) in \(path)" + (key.mark.map { ", line \($0.line)" } ?? "")
            if SettingKey.allCases.contains(where: { $0.path == keyPath }) {
                guard value.null == nil else { throw ConfigurationError(place, "has no value") }
                guard value.mapping == nil else { throw ConfigurationError(place, "must not be a mapping") }
            } else if SettingKey.allCases.contains(where: { $0.path.starts(with: keyPath) }) {
                try check(value, at: keyPath, in: path)
            } else {
                throw ConfigurationError(place, "is not a setting of this version")
            }
        }
    }

    /// In one line and without the text around the mistake, which may be anything.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            "is not valid YAML: \(problem) at line \(mark.line), column \(mark.column)"
        case YamlError.duplicatedKeysInMapping(let duplicates, _):
            "has a key twice: \(TerminalText.sanitized(duplicates.joined(separator: ", "), limit: 80))"
        default: "is not one YAML mapping of settings to values"
        }
    }
}
