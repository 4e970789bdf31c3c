import Foundation
import Testing

/// What `config check` says of the files that settings name is what `serve` would say: the setting, the file and what is
/// wrong with it.
@Suite("Files that settings name")
struct NamedFiles {
    private let directory: TemporaryDirectory
    private let own, other: Certificate

    init() throws {
        directory = try TemporaryDirectory()
        own = try Certificate("IP:127.0.0.1", in: directory, as: "own")
        other = try Certificate("IP:127.0.0.1", in: directory, as: "other")
        try directory.file("text", "nothing of the kind\n")
    }

    /// The check and the start refuse in the same words, and the start has made nothing.
    private func refused(_ configuration: String, saying words: String...) throws {
        try directory.file("config.yaml", configuration)
        let check = try Booth.run(["config", "check", "--config", directory.path + "/config.yaml"])
        let start = try Booth.run(Array(Booth.command(in: directory.path).dropFirst()), seconds: 20)
        #expect(check.ending == .exited(78) && start.ending == .exited(78), "\(check.text)\(start.text)")
        let complaint = check.text.split(separator: "\n").last ?? ""
        #expect(start.text.contains(complaint), "\(check.text)\(start.text)")
        for word in words { #expect(complaint.contains(word), "\(check.text)") }
        #expect(!directory.files().contains { $0.hasPrefix("data") || $0.hasPrefix("keys") })
    }

    private func tls(_ certificate: String, _ key: String) -> String {
        "tls_cert: \(certificate)\ntls_key: \(key)\n"
    }

    @Test
    func `a certificate and its key that are not there, are none, or do not belong together`() throws {
        let (text, missing) = (directory.path + "/text", directory.path + "/missing")
        try refused(tls(missing, own.key), saying: "tls_cert (from", "\(missing) does not exist")
        try refused(tls(own.file, missing), saying: "tls_key (from", "\(missing) does not exist")
        try refused(tls(text, own.key), saying: "tls_cert (from", "\(text) holds no certificate in PEM")
        try refused(tls(own.file, text), saying: "tls_key (from", "\(text) holds no private key in PEM")
        try refused(
            tls(own.file, other.key),
            saying: "tls_cert, tls_key: ",
            "\(own.file) and \(other.key) do not belong together"
        )
        let good = try directory.file("config.yaml", tls(own.file, own.key))
        #expect(try Booth.run(["config", "check", "--config", good]).ending == .exited(0))
    }

    @Test
    func `keys of a reporter of leaks that are not there, or are none`() throws {
        let (text, missing) = (directory.path + "/text", directory.path + "/missing")
        try refused(
            "leak_keys_file: \(missing)\n",
            saying: "leak_keys_file (from",
            "\(missing) does not exist"
        )
        try refused("leak_keys_file: \(text)\n", saying: "leak_keys_file (from", "\(text) is not a document")
    }
}
