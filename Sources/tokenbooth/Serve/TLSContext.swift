import NIOSSL

/// TLS for both listeners, 1.2 and up.
enum TLSContext {
    /// - Throws: ``ConfigurationError`` when the files are not a certificate chain and its key.
    static func make(_ files: TLSFiles) throws(ConfigurationError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(files.certificate).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(file: files.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain,
                privateKey: .privateKey(key)
            )
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ConfigurationError("tls_cert, tls_key", "cannot be used: \(error)")
        }
    }
}
