import Configuration

/// The places where settings are looked up, strongest first: flags, environment, file.
///
/// Values are read with the type that the setting has, so that a value of another type is an error and
/// never silently the default.
struct SettingLayers: Sendable {
    /// One place, read once.
    private struct Layer: Sendable {
        let snapshot: any ConfigSnapshot
        let source: @Sendable (SettingKey) -> SettingSource
    }

    private var layers: [Layer] = []

    init(flags: [SettingKey: ConfigContent], environment: [String: String], file: ConfigurationFile?) {
        let values = flags.map { key, content in
            (AbsoluteConfigKey(key.path), ConfigValue(content, isSecret: false))
        }
        add(InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: values)).snapshot()) {
            .flag($0.flag ?? $0.rawValue)
        }
        let prefixed = EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(
            with: "tokenbooth"
        )
        add(prefixed.snapshot()) { .environment($0.environmentName) }
        if let file { add(file.snapshot) { [path = file.path] _ in .file(path) } }
    }

    private mutating func add(
        _ snapshot: any ConfigSnapshot,
        source: @escaping @Sendable (SettingKey) -> SettingSource
    ) {
        layers.append(Layer(snapshot: snapshot, source: source))
    }

    /// The strongest value that is set.
    ///
    /// - Throws: ``ConfigurationError`` when it has another type, or is empty where something is needed.
    func content(of key: SettingKey) throws(ConfigurationError) -> (ConfigContent, SettingSource)? {
        for layer in layers {
            let content: ConfigContent?
            do {
                content = try layer.snapshot.value(forKey: AbsoluteConfigKey(key.path), type: key.type).value?
                    .content
            } catch {
                throw ConfigurationError(key, from: layer.source(key), Self.expectation(of: key.type))
            }
            guard let content else { continue }
            if case .string("") = content {
                throw ConfigurationError(
                    key,
                    from: layer.source(key),
                    "is empty: give it a value or leave it out"
                )
            }
            return (content, layer.source(key))
        }
        return nil
    }

    private static func expectation(of type: ConfigType) -> String {
        switch type {
        case .bool: "must be true or false"
        case .int: "must be a whole number"
        case .stringArray: "must be a list"
        default: "must be a single text value"
        }
    }
}
