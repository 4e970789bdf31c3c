package import OAuth
package import Primitives

/// A signing key as the admin API shows it: its public half, its times, and what happens to it next.
package struct SigningKeyMessage: Sendable {
    package var kid: String
    package var alg: String
    /// `pending`, `active`, `retired` or `removed`.
    package var stage: String
    package var createdAt: NumericDate
    package var publishedAt: NumericDate
    /// From when on it may sign.
    package var usableAt: NumericDate
    package var activatedAt: NumericDate?
    package var retiredAt: NumericDate?
    package var publishedUntil: NumericDate?
    package var removedAt: NumericDate?
    package var isRevoked = false
    /// `activate`, `retire` or `remove`; `nil` when nothing is to come by itself.
    package var nextStep: String?
    package var nextStepAt: NumericDate?
    /// In words: what happens next, when, and why not sooner.
    package var note: String
    /// RFC 7517.
    package var jwk: JSONValue

    package init(
        kid: String,
        alg: String,
        stage: String,
        createdAt: NumericDate,
        publishedAt: NumericDate,
        usableAt: NumericDate,
        note: String,
        jwk: JSONValue
    ) {
        self.kid = kid
        self.alg = alg
        self.stage = stage
        self.createdAt = createdAt
        self.publishedAt = publishedAt
        self.usableAt = usableAt
        self.note = note
        self.jwk = jwk
    }

    /// Whether `text` may be a `kid` of ours: a SHA-256 thumbprint in base64url (RFC 7638).
    package static func isKeyID(_ text: String) -> Bool {
        text.utf8.count == 43 && Base64URL.decode(Array(text.utf8)[...]) != nil
    }

    package var json: JSONValue {
        var object = JSONObject([
            ("kid", .string(kid)), ("alg", .string(alg)), ("stage", .string(stage)),
            ("created_at", .date(createdAt)), ("published_at", .date(publishedAt)),
            ("usable_at", .date(usableAt)),
        ])
        object.set("activated_at", activatedAt, JSONValue.date)
        object.set("retired_at", retiredAt, JSONValue.date)
        object.set("published_until", publishedUntil, JSONValue.date)
        object.set("removed_at", removedAt, JSONValue.date)
        object["revoked"] = .bool(isRevoked)
        object.set("next_step", nextStep, JSONValue.string)
        object.set("next_step_at", nextStepAt, JSONValue.date)
        object["note"] = .string(note)
        object["jwk"] = jwk
        return .object(object)
    }
}

/// The body of `rotateSigningKeys`.
package struct SigningKeyRotation: Sendable {
    /// The one algorithm whose key is to be rotated; `nil` for all that the server signs with.
    package var alg: String?

    package init(alg: String? = nil) { self.alg = alg }

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the configuration.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["alg"])
        alg = reader.optional("alg", FieldRules.text(from: 1, to: 16))
        try reader.finish()
    }
}

/// The body of `revokeSigningKey`.
package struct SigningKeyRevocation: Sendable {
    /// The successor signs even if verifiers may hold a key set without it.
    package var isForced: Bool

    package init(isForced: Bool = false) { self.isForced = isForced }

    /// - Throws: ``InvalidMessage`` with every mistake.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: ["force"])
        isForced = reader.optional("force", AnswerRules.bool) ?? false
        try reader.finish()
    }
}

/// What revoking a signing key came to.
package struct RevokedSigningKeyMessage: Sendable {
    package var key: SigningKeyMessage
    /// The key that signs in its place; `nil` when the revoked key was not the one that signs.
    package var successor: String?
    /// Until when verifiers may go on with a key set that has the revoked key.
    package var acceptedElsewhereUntil: NumericDate
    /// When the last of its tokens would have expired; `nil` when it has signed none.
    package var lastTokenExpiresAt: NumericDate?

    package init(
        key: SigningKeyMessage,
        successor: String?,
        acceptedElsewhereUntil: NumericDate,
        lastTokenExpiresAt: NumericDate?
    ) {
        self.key = key
        self.successor = successor
        self.acceptedElsewhereUntil = acceptedElsewhereUntil
        self.lastTokenExpiresAt = lastTokenExpiresAt
    }

    package var json: JSONValue {
        var object = JSONObject([("key", key.json)])
        object.set("successor", successor, JSONValue.string)
        object["accepted_elsewhere_until"] = .date(acceptedElsewhereUntil)
        object.set("last_token_expires_at", lastTokenExpiresAt, JSONValue.date)
        return .object(object)
    }
}
