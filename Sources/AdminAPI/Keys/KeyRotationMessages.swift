package import OAuth
package import Primitives

/// The body of `rotateKey`; what is not there gets its default.
package struct KeyRotationOrder: Sendable {
    /// Seconds that may be asked for: none, 15 minutes, 1 hour, 6 hours, 1 day.
    package static let graces = [0, 900, 3600, 21_600, 86_400]

    /// For how many seconds the old secret works beside the new one.
    package var grace: Int
    /// Whether everything that the key has got with any secret ends: its access tokens and its refresh families.
    package var endsTokens: Bool

    package init(grace: Int = 86_400, endsTokens: Bool = false) {
        self.grace = grace
        self.endsTokens = endsTokens
    }

    /// - Throws: ``InvalidMessage`` with every mistake.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["grace_seconds", "end_tokens"])
        let grace = reader.optional("grace_seconds", Self.grace)
        let endsTokens = reader.optional("end_tokens", AnswerRules.bool)
        try reader.finish()
        self.init(grace: grace ?? 86_400, endsTokens: endsTokens ?? false)
    }

    private static func grace(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake]) -> Int?
    {
        if let seconds = value.integer.map({ Int($0) }), graces.contains(seconds) { return seconds }
        let words = graces.map(String.init).joined(separator: ", ")
        mistakes.append(FieldMistake(pointer, "must be one of \(words)"))
        return nil
    }
}

/// The body of `updateKeyRotation`.
package struct KeyRotationPatch: Sendable {
    /// Seconds that the end of an overlap may lie ahead.
    package static let maximum: Int64 = 86_400

    /// When the old secret ends; now or before: at once.
    package var previousExpiresAt: NumericDate

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the clock.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(
            value,
            known: ["previous_expires_at"],
            readOnly: ["previous_hint", "current_revoked_at"]
        )
        let end = reader.required("previous_expires_at", FieldRules.dateTime)
        try reader.finish()
        previousExpiresAt = try reader.unwrap(end)
    }
}

/// The body of `lookupKey`: a secret, which stands in no message of an error.
package struct KeyLookup: Sendable {
    package var secret: APIKey

    /// - Throws: ``InvalidMessage`` with every mistake; none repeats the secret.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["key"])
        let secret = reader.required("key", Self.secret)
        try reader.finish()
        self.secret = try reader.unwrap(secret)
    }

    private static func secret(_ value: JSONValue, _ pointer: String, _ mistakes: inout [FieldMistake])
        -> APIKey?
    {
        if let key = value.string.flatMap({ APIKey(parsing: Array($0.utf8)) }) { return key }
        mistakes.append(
            FieldMistake(
                pointer,
                "must be a whole API key: tbk_ and 36 letters and digits, the last 6 a checksum"
            )
        )
        return nil
    }
}

/// The member `rotation` of a key: what there is to know of two secrets.
package struct RotationMessage: Sendable {
    /// When the secret before this one ends; `nil` when there is none that works.
    package var previousExpiresAt: NumericDate?
    package var previousHint: String?
    /// When the current secret was revoked alone, so that only the one before it still works.
    package var currentRevokedAt: NumericDate?

    package init(previousExpiresAt: NumericDate?, previousHint: String?, currentRevokedAt: NumericDate?) {
        self.previousExpiresAt = previousExpiresAt
        self.previousHint = previousHint
        self.currentRevokedAt = currentRevokedAt
    }

    /// Reads an answer of the server.
    ///
    /// - Throws: ``InvalidMessage`` when it is no object, or a member has another type.
    init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        previousExpiresAt = reader.optional("previous_expires_at", FieldRules.dateTime)
        previousHint = reader.optional("previous_hint", FieldRules.string)
        currentRevokedAt = reader.optional("current_revoked_at", FieldRules.dateTime)
        try reader.finish()
    }

    var json: JSONValue {
        var object = JSONObject()
        object.set("previous_expires_at", previousExpiresAt, JSONValue.date)
        object.set("previous_hint", previousHint, JSONValue.string)
        object.set("current_revoked_at", currentRevokedAt, JSONValue.date)
        return .object(object)
    }
}
