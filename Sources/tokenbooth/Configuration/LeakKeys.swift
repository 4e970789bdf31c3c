import HTTPFrontEnd

extension Settings {
    /// Who may report leaked keys, from the file that `leak_keys_file` names.
    ///
    /// - Returns: `nil` without that setting.
    /// - Throws: ``ConfigurationError`` when the file cannot be read, or is no list of P-256 keys.
    func leakReporters() throws(ConfigurationError) -> LeakReporters? {
        guard let path = leakKeysFile else { return nil }
        guard
            let reporters = LeakReporters(parsing: try content(of: path, .leakKeysFile, limit: 64 * 1024))
        else {
            throw mistake(
                .leakKeysFile,
                path,
                "is not a document such as "
                    + "https://api.github.com/meta/public_keys/secret_scanning gives: public_keys with "
                    + "key_identifier and a P-256 key in PEM"
            )
        }
        return reporters
    }
}
