#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Paths of the certificate chain and its key, both PEM.
struct TLSFiles: Sendable, Equatable {
    let certificate: String
    let key: String

    /// In words, that every user of the machine may read or replace the private key.
    ///
    /// No more than a warning, and none for a group: whoever runs the certificates decides who needs them. A file
    /// that is not there yet, or may not be looked at, has no mode to warn of.
    var warning: String? {
        var status = stat()
        guard unsafe stat(key, &status) == 0, status.st_mode & (S_IROTH | S_IWOTH) != 0 else { return nil }
        return "tls_key: every user of this machine has access to \(TerminalText.sanitized(key)) "
            + "(mode \(PrivateFile.octal(status.st_mode))); chmod o= it"
    }
}
