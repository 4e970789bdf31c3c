package import OAuth
package import Primitives

/// What an export has of a key besides what administrators set; of each secret the digest, never the secret.
package struct KeyTransfer: Sendable {
    package struct Previous: Sendable {
        package var digest: SHA256Digest
        package var hint: String
        package var expiresAt: NumericDate

        package init(digest: SHA256Digest, hint: String, expiresAt: NumericDate) {
            self.digest = digest
            self.hint = hint
            self.expiresAt = expiresAt
        }
    }

    package var id: KeyID
    /// For an installation whose projects have other identifiers.
    package var projectName: String?
    package var owner: KeyID?
    package var hint: String
    package var digest: SHA256Digest
    package var isDisabled: Bool
    package var revokedAt: NumericDate?
    package var createdAt: NumericDate
    /// The secret before this one, while it works.
    package var previous: Previous?
    /// When the current secret was revoked alone.
    package var currentRevokedAt: NumericDate?

    package init(
        id: KeyID,
        projectName: String?,
        owner: KeyID?,
        hint: String,
        digest: SHA256Digest,
        isDisabled: Bool,
        revokedAt: NumericDate?,
        createdAt: NumericDate,
        previous: Previous?,
        currentRevokedAt: NumericDate?
    ) {
        self.id = id
        self.projectName = projectName
        self.owner = owner
        self.hint = hint
        self.digest = digest
        self.isDisabled = isDisabled
        self.revokedAt = revokedAt
        self.createdAt = createdAt
        self.previous = previous
        self.currentRevokedAt = currentRevokedAt
    }
}

/// One row of an export.
package struct KeyExportRow: Sendable {
    private let message: KeyMessage
    private let transfer: KeyTransfer

    /// - Parameter message: Of the same key.
    package init(_ message: KeyMessage, _ transfer: KeyTransfer) {
        self.message = message
        self.transfer = transfer
    }

    /// What can be set is as in ``KeyMessage``, so that a field which keys get later is in exports, too.
    package var json: JSONValue {
        var object = JSONObject([("id", .string(transfer.id.description))])
        for (name, value) in message.object.members
        where KeyFields.settable.contains(where: { bytesEqual($0, name) }) {
            object.members.append((name: name, value: value))
        }
        object.members += transfer.object.members
        return .object(object)
    }
}

/// One row of an import, which is one of an export.
package struct KeyImportRow: Sendable {
    package var transfer: KeyTransfer
    /// As if the key were created with it.
    package var fields: KeyCreation

    /// - Throws: ``InvalidMessage`` with every mistake that can be seen without the database and the clock.
    package init(parsing value: JSONValue) throws(InvalidMessage) {
        guard let object = value.object else {
            throw InvalidMessage([FieldMistake("", "must be a JSON object")])
        }
        var (own, settable) = (JSONObject(), JSONObject())
        for member in object.members {
            if KeyTransfer.members.contains(where: { bytesEqual($0, member.name) }) {
                own.members.append(member)
            } else {
                settable.members.append(member)
            }
        }
        var mistakes: [FieldMistake] = []
        let transfer = Self.read(&mistakes) { () throws(InvalidMessage) in
            try KeyTransfer(parsing: .object(own))
        }
        let fields = Self.read(&mistakes) { () throws(InvalidMessage) in
            try KeyCreation(parsing: .object(settable))
        }
        guard let transfer, let fields else { throw InvalidMessage(mistakes) }
        self.transfer = transfer
        self.fields = fields
    }

    private static func read<Value>(
        _ mistakes: inout [FieldMistake],
        _ body: () throws(InvalidMessage) -> Value
    ) -> Value? {
        do { return try body() } catch {
            mistakes += error.mistakes
            return nil
        }
    }
}

extension KeyTransfer {
    static let members = [
        "id", "project_name", "owner", "hint", "digest", "disabled", "revoked_at", "created_at", "rotation",
    ]

    /// Behind the identifier.
    fileprivate var object: JSONObject {
        var object = JSONObject()
        object.set("project_name", projectName, JSONValue.string)
        object.set("owner", owner) { .string($0.description) }
        object["hint"] = .string(hint)
        object["digest"] = .string(digest.hexadecimal)
        object["disabled"] = .bool(isDisabled)
        object.set("revoked_at", revokedAt, JSONValue.date)
        object["created_at"] = .date(createdAt)
        object["rotation"] = rotation
        return object
    }

    private var rotation: JSONValue {
        guard previous != nil || currentRevokedAt != nil else { return .null }
        var object = JSONObject()
        object.set("previous_digest", previous?.digest.hexadecimal, JSONValue.string)
        object.set("previous_hint", previous?.hint, JSONValue.string)
        object.set("previous_expires_at", previous?.expiresAt, JSONValue.date)
        object.set("current_revoked_at", currentRevokedAt, JSONValue.date)
        return .object(object)
    }

    fileprivate init(parsing value: JSONValue) throws(InvalidMessage) {
        var reader = try MemberReader(value, known: nil)
        let id = reader.required("id", AnswerRules.key)
        let hint = reader.required("hint", TransferRules.hint)
        let digest = reader.required("digest", TransferRules.digest)
        let createdAt = reader.required("created_at", FieldRules.dateTime)
        let projectName = reader.optional("project_name", FieldRules.name)
        let owner = reader.optional("owner", AnswerRules.key)
        let isDisabled = reader.optional("disabled", AnswerRules.bool)
        let revokedAt = reader.optional("revoked_at", FieldRules.dateTime)
        let rotation = reader.optional("rotation", TransferRules.rotation)
        try reader.finish()
        self.init(
            id: try reader.unwrap(id),
            projectName: projectName,
            owner: owner,
            hint: try reader.unwrap(hint),
            digest: try reader.unwrap(digest),
            isDisabled: isDisabled ?? false,
            revokedAt: revokedAt,
            createdAt: try reader.unwrap(createdAt),
            previous: rotation?.previous,
            currentRevokedAt: rotation?.currentRevokedAt
        )
    }
}
