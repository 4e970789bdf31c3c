import JOSE

/// The name of a signing key's file: `signing-<ALG>-<label>.pem`.
///
/// The algorithm stands in the name, because an RSA key does not say whether it is for RS256 or PS256. We write
/// the `kid` as the label; a file that somebody else made may have any.
struct SigningKeyFile: Sendable, Equatable {
    static let prefix = "signing-"
    static let suffix = ".pem"

    let algorithm: JWSAlgorithm
    let label: String

    init(algorithm: JWSAlgorithm, label: String) {
        self.algorithm = algorithm
        self.label = label
    }

    init?(name: String) {
        let bytes = Array(name.utf8)
        guard bytes.starts(with: Self.prefix.utf8), bytes.suffix(4).elementsEqual(Self.suffix.utf8) else {
            return nil
        }
        let middle = bytes.dropFirst(Self.prefix.utf8.count).dropLast(Self.suffix.utf8.count)
        guard let dash = middle.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let label = middle[(dash + 1)...]
        guard let algorithm = JWSAlgorithm(named: String(decoding: middle[..<dash], as: UTF8.self)),
            !label.isEmpty, label.count <= 100, label.allSatisfy(Self.isLabelByte)
        else { return nil }
        self.init(algorithm: algorithm, label: String(decoding: label, as: UTF8.self))
    }

    var name: String { "\(Self.prefix)\(algorithm.rawValue)-\(label)\(Self.suffix)" }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
