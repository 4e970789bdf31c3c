import Primitives

extension PrivateFile {
    static let temporaryPrefix = ".tokenbooth-"

    /// A name that nothing else has, so that two writers never meet.
    static func temporaryName() -> String {
        temporaryPrefix + String(decoding: Base64URL.encode(SystemRandom.bytes(12)), as: UTF8.self)
    }
}
