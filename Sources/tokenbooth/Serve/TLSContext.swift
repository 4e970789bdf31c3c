import NIOSSL

extension Settings {
    /// TLS for both listeners, 1.2 and up.
    ///
    /// - Returns: `nil` without `tls_cert` and `tls_key`.
    /// - Throws: ``ConfigurationError`` when the files are not a certificate chain and its key.
    func tlsContext() throws(ConfigurationError) -> NIOSSLContext? {
        guard let files = tls else { return nil }
        let chainText = try content(of: files.certificate, .tlsCertificate, limit: 1 << 20)
        let keyText = try content(of: files.key, .tlsKey, limit: 1 << 20)
        let chain = (try? NIOSSLCertificate.fromPEMBytes(chainText)) ?? []
        guard !chain.isEmpty else {
            throw mistake(.tlsCertificate, files.certificate, "holds no certificate in PEM")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: keyText, format: .pem) else {
            throw mistake(.tlsKey, files.key, "holds no private key in PEM, or one that is encrypted")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw ConfigurationError(
                "tls_cert, tls_key",
                "\(TerminalText.sanitized(files.certificate)) and \(TerminalText.sanitized(files.key)) do not belong "
                    + "together: the key must be that of the first certificate"
            )
        }
    }

    /// - Throws: ``ConfigurationError`` that names the setting and the file.
    func content(of path: String, _ key: SettingKey, limit: Int) throws(ConfigurationError) -> [UInt8] {
        do { return try PlainFile.read(path, limit: limit) } catch { throw mistake(key, path, error.reason) }
    }

    func mistake(_ key: SettingKey, _ path: String, _ reason: String) -> ConfigurationError {
        ConfigurationError(key, from: source(of: key), "\(TerminalText.sanitized(path)) \(reason)")
    }
}
