package import OAuth
package import Primitives

/// A copy of the database as the admin API shows it.
package struct BackupMessage: Sendable {
    package enum Status: String, Sendable, CaseIterable { case running, done, failed }

    package var id: BackupID
    package var status: Status
    package var createdAt: NumericDate
    /// Below the server's data directory.
    package var file: String
    /// Bytes that are copied; no less than those of the whole once it is done.
    package var copied: Int64
    /// Bytes of the whole; 0 as long as that is not known.
    package var size: Int64
    /// In hexadecimal, once it is done.
    package var sha256: String?
    /// Why it failed.
    package var reason: String?

    package init(
        id: BackupID,
        status: Status,
        createdAt: NumericDate,
        file: String,
        copied: Int64,
        size: Int64,
        sha256: String?,
        reason: String?
    ) {
        self.id = id
        self.status = status
        self.createdAt = createdAt
        self.file = file
        self.copied = copied
        self.size = size
        self.sha256 = sha256
        self.reason = reason
    }

    /// Reads an answer of the server; members that this version does not know are passed over.
    ///
    /// - Throws: ``InvalidMessage`` when it is not a backup.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let id = reader.required("id", AnswerRules.backup)
        let status = reader.required("status", AnswerRules.backupStatus)
        let createdAt = reader.required("created_at", FieldRules.dateTime)
        let file = reader.required("file", FieldRules.string)
        let copied = reader.required("copied", AnswerRules.size)
        let size = reader.required("size", AnswerRules.size)
        let sha256 = reader.optional("sha256", FieldRules.string)
        let reason = reader.optional("reason", FieldRules.string)
        try reader.finish()
        self.init(
            id: try reader.unwrap(id),
            status: try reader.unwrap(status),
            createdAt: try reader.unwrap(createdAt),
            file: try reader.unwrap(file),
            copied: try reader.unwrap(copied),
            size: try reader.unwrap(size),
            sha256: sha256,
            reason: reason
        )
    }

    package var json: JSONValue {
        var object = JSONObject([
            ("id", .string(id.description)), ("status", .string(status.rawValue)),
            ("created_at", .date(createdAt)), ("file", .string(file)),
            ("copied", .number(JSONNumber(copied))), ("size", .number(JSONNumber(size))),
        ])
        object.add("sha256", sha256, JSONValue.string)
        object.add("reason", reason, JSONValue.string)
        return .object(object)
    }
}
