import AdminAPI
package import AuthorizationServer
package import OAuth
package import Primitives

/// Secrets that somebody has found in public, as GitHub's secret scanning reports them to partners.
package struct LeakReport: Sendable {
    package struct Entry: Sendable {
        /// As it was found; mostly an API key.
        package var token: [UInt8]
        /// The name that was agreed on for this kind of secret.
        package var type: String
        /// Where it was found.
        package var url: String
        package var source: String
    }

    package static let maximumEntries = 100
    /// Bytes of a member; one that is longer is cut in the audit trail.
    private static let maximumLength = 1024

    package var entries: [Entry]

    /// - Parameter body: As it was signed.
    /// - Returns: `nil` unless it is an array of 1 to ``maximumEntries`` objects with `token` and `type`.
    package init?(parsing body: [UInt8]) {
        guard let array = (try? JSONValue(parsing: body, maximumDepth: 4))?.array,
            (1...Self.maximumEntries).contains(array.count)
        else { return nil }
        entries = []
        for value in array {
            guard let object = value.object, let token = object["token"]?.string,
                let type = object["type"]?.string
            else { return nil }
            entries.append(
                Entry(
                    token: Array(token.utf8),
                    type: Self.safe(type),
                    url: Self.safe(object["url"]?.string ?? ""),
                    source: Self.safe(object["source"]?.string ?? "")
                )
            )
        }
    }

    /// What may stand in the audit trail: of limited length, and without anything like a key.
    private static func safe(_ text: String) -> String {
        guard !APIKey.mayOccur(in: Array(text.utf8)) else { return "(redacted)" }
        guard text.utf8.count > maximumLength else { return text }
        return String(decoding: text.utf8.prefix(maximumLength), as: UTF8.self)
    }
}

/// What is said of a reported secret, so that the scanner learns.
package struct LeakFeedback: Sendable {
    /// SHA-256 of the secret: nobody repeats a secret in an answer.
    package var hash: SHA256Digest
    package var type: String
    /// Whether it was a key of this server, in whatever state.
    package var isOurs: Bool

    package static func json(_ feedback: [LeakFeedback]) -> JSONValue {
        .array(
            feedback.map { item in
                .object(
                    JSONObject([
                        ("token_hash", .string(item.hash.hexadecimal)), ("token_type", .string(item.type)),
                        ("label", .string(item.isOurs ? "true_positive" : "false_positive")),
                    ])
                )
            }
        )
    }
}

extension Administration {
    /// Ends every secret in the report, and a key with its last one, also the last super admin's: a key that lies in
    /// public helps nobody.
    ///
    /// All of them in one transaction, each with an event `report_leak`.
    ///
    /// - Throws: Store failures only, and then nothing was changed.
    package func revokeLeaked(
        _ report: LeakReport,
        by source: AuditSource,
        at now: NumericDate
    ) async throws -> [LeakFeedback] {
        try await store.write { writer in
            try report.entries.map { entry in
                let hash = SHA256.hash(entry.token)
                var isOurs = false
                if let secret = APIKey(parsing: entry.token), var key = try writer.leakedKey(secret.digest) {
                    isOurs = true
                    let old = key
                    if let ended = key.revoking(secret.digest, at: now) {
                        key = ended
                        try writer.update(key, at: now)
                    }
                    var changes = AuditChanges.between(old.answer(at: now), key.answer(at: now))
                    changes["type"] = .string(entry.type)
                    changes["url"] = .string(entry.url)
                    changes["source"] = .string(entry.source)
                    try writer.record(
                        AuditEvent("report_leak", on: key.auditTarget, by: source, changes: changes, at: now)
                    )
                }
                return LeakFeedback(hash: hash, type: entry.type, isOurs: isOurs)
            }
        }
    }
}

/// Finds the key that a secret belongs to.
package protocol LeakReader {
    /// - Returns: The key that has or had this secret, in whatever state.
    func leakedKey(_ digest: SHA256Digest) throws -> KeyRecord?
}
