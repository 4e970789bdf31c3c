import Foundation
import Synchronization

/// Secrets that must be seen nowhere.
final class Canaries: Sendable {
    private struct State {
        var secrets: [[UInt8]] = []
        var tokens = 0
    }

    private let state = Mutex(State())
    /// Every search looks for each of them, and some tests get thousands.
    private static let tokenLimit = 20

    /// What the keys directory holds beside the root key: the signing keys, as PEM and as numbers, and the secret of
    /// refresh tokens.
    init(of directory: TemporaryDirectory) {
        add(directory.text(of: "keys/refresh.secret").trimmingCharacters(in: .newlines))
        for file in directory.files() where file.hasPrefix("keys/signing-ES256-") {
            let lines = directory.text(of: file).split(separator: "\n").filter { !$0.hasPrefix("-----") }
            // RFC 5208, RFC 5915: the number is 32 bytes behind the same 36 for each key of the curve.
            let number = Data(base64Encoded: lines.joined()).map { Array($0.dropFirst(36).prefix(32)) } ?? []
            guard number.count == 32, lines.count > 1 else {
                preconditionFailure("\(file) is no key of P-256")
            }
            add(number)
            add(String(lines[1].prefix(24)))
        }
    }

    func add(_ secret: String) { add(Array(secret.utf8)) }

    private func add(_ secret: [UInt8]) {
        guard !secret.isEmpty else { return }
        state.withLock { $0.secrets.append(secret) }
    }

    /// The signature of an access token, without which it is worth nothing.
    func add(accessToken: String) {
        guard let signature = accessToken.split(separator: ".").last else { return }
        let isWanted = state.withLock { state in
            state.tokens += 1
            return state.tokens <= Self.tokenLimit
        }
        if isWanted { add(String(signature)) }
    }

    /// The secrets as they are, in hexadecimal, and in base64 and base64url at each of their three alignments.
    var spellings: Set<[UInt8]> {
        let all = state.withLock { $0.secrets }.flatMap { secret in
            let hexadecimal = secret.map { String(format: "%02x", $0) }.joined()
            let base64 = (0..<3).map { shift in
                let text = Data([UInt8](repeating: 0x20, count: shift) + secret).base64EncodedString()
                return String(text.dropFirst(shift == 0 ? 0 : 4).dropLast(4))
            }
            let url = base64.map { $0.replacing("+", with: "-").replacing("/", with: "_") }
            return [secret] + ([hexadecimal, hexadecimal.uppercased()] + base64 + url).map { Array($0.utf8) }
        }
        return Set(all)
    }
}
