import Configuration
import Yams

/// A configuration file (YAML) whose every key is known.
struct ConfigurationFile: Sendable {
    let path: String
    let snapshot: any ConfigSnapshot

    /// Bytes; a file that is larger is certainly another one.
    static let maximumSize = 1 << 20

    /// - Throws: ``ConfigurationError`` when the file cannot be read, is not one YAML mapping, or has keys
    ///   that are no settings.
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
            if let mistakes = ConfigurationError(Self.mistakes(in: root, at: [], of: path)) { throw mistakes }
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
    private static func mistakes(in node: Node, at prefix: [String], of path: String) -> [ConfigurationError]
    {
        guard let mapping = node.mapping else {
            let name =
                prefix.isEmpty ? "configuration file \(path)" : "\(prefix.joined(separator: ".")) in \(path)"
            return [ConfigurationError(name, "must be a mapping of settings to values")]
        }
        return mapping.flatMap { key, value -> [ConfigurationError] in
            let keyPath = prefix + [key.string ?? "?"]
            let name = TerminalText.sanitized(keyPath.joined(separator: "."), limit: 80)
            let place = "\(name) in \(path)" + (key.mark.map { ", line \($0.line)" } ?? "")
            if SettingKey.allCases.contains(where: { $0.path == keyPath }) {
                if value.null != nil { return [ConfigurationError(place, "has no value")] }
                if value.mapping != nil { return [ConfigurationError(place, "must not be a mapping")] }
                return []
            }
            guard SettingKey.allCases.contains(where: { $0.path.starts(with: keyPath) }) else {
                return [ConfigurationError(place, "is not a setting of this version")]
            }
            return mistakes(in: value, at: keyPath, of: path)
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
