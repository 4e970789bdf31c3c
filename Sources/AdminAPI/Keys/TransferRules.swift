import OAuth
import Primitives

/// What the members of an imported row may hold that no other request has.
enum TransferRules {
    struct Rotation: Sendable {
        var previous: KeyTransfer.Previous?
        var currentRevokedAt: NumericDate?
    }

    /// 64 hexadecimal digits, in one spelling.
    static func digest(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> SHA256Digest?
    {
        if let text = value.string, let digest = Hexadecimal.decode(text).flatMap(SHA256Digest.init(bytes:)),
            bytesEqual(digest.hexadecimal, text)
        {
            return digest
        }
        mistakes.append(FieldMistake(pointer, "must be a SHA-256 digest: 64 of 0-9 a-f"))
        return nil
    }

    /// The first 8 and the last 4 characters and nothing between: so no secret gets into a list by mistake.
    static func hint(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> String? {
        let bytes = value.string.map { Array($0.utf8) } ?? []
        if bytes.count == 15, bytes.starts(with: APIKey.prefix), bytes[8..<11].elementsEqual("…".utf8),
            (bytes[..<8] + bytes[11...]).allSatisfy({ (0x21...0x7E).contains($0) })
        {
            return value.string
        }
        mistakes.append(
            FieldMistake(pointer, "must be the first 8 and the last 4 characters of the key, with … between")
        )
        return nil
    }

    static func rotation(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Rotation?
    {
        do {
            return try rotation(value)
        } catch {
            mistakes += error.mistakes.map { FieldMistake(pointer + $0.pointer, $0.detail) }
            return nil
        }
    }

    private static func rotation(_ value: JSONValue) throws(InvalidMessage) -> Rotation {
        var reader = try MemberReader(
            value,
            known: ["previous_digest", "previous_hint", "previous_expires_at", "current_revoked_at"]
        )
        let digest = reader.optional("previous_digest", digest)
        let hint = reader.optional("previous_hint", hint)
        let end = reader.optional("previous_expires_at", FieldRules.dateTime)
        let revokedAt = reader.optional("current_revoked_at", FieldRules.dateTime)
        try reader.finish()
        guard let digest, let hint, let end else {
            guard digest == nil, hint == nil, end == nil else {
                throw InvalidMessage([
                    FieldMistake("", "must have all members of the previous secret, or none")
                ])
            }
            return Rotation(currentRevokedAt: revokedAt)
        }
        return Rotation(
            previous: KeyTransfer.Previous(digest: digest, hint: hint, expiresAt: end),
            currentRevokedAt: revokedAt
        )
    }
}
