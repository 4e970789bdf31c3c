import HTTPFrontEnd

extension Settings {
    /// Who may report leaked keys, from the file that `leak_keys_file` names.
    ///
    /// - Returns: `nil` without that setting.
    /// - Throws: ``FileError`` when the file cannot be read; ``StartRefusal`` when it is no list of P-256 keys.
    func leakReporters() throws -> LeakReporters? {
        guard let path = leakKeysFile else { return nil }
        guard let reporters = LeakReporters(parsing: try PlainFile.read(path, limit: 64 * 1024)) else {
            throw StartRefusal(
                description:
                    "\(path), the leak_keys_file, is not a document such as "
                    + "https://api.github.com/meta/public_keys/secret_scanning gives: public_keys with "
                    + "key_identifier and a P-256 key in PEM"
            )
        }
        return reporters
    }
}
