package import OAuth
package import Primitives

/// An event of the audit trail, as the admin API shows it.
package struct AuditEventMessage: Sendable {
    package var number: Int64
    package var id: AuditEventID
    package var time: NumericDate
    package var actor: String
    package var action: String
    package var target: String
    package var ip: String
    package var requestID: String
    package var changes: JSONValue
    package var previousHash: String
    package var hash: String

    package init(
        number: Int64,
        id: AuditEventID,
        time: NumericDate,
        actor: String,
        action: String,
        target: String,
        ip: String,
        requestID: String,
        changes: JSONValue,
        previousHash: String,
        hash: String
    ) {
        self.number = number
        self.id = id
        self.time = time
        self.actor = actor
        self.action = action
        self.target = target
        self.ip = ip
        self.requestID = requestID
        self.changes = changes
        self.previousHash = previousHash
        self.hash = hash
    }

    /// What is empty in the trail is `null` here.
    package var json: JSONValue {
        func text(_ text: String) -> JSONValue { text.utf8.isEmpty ? .null : .string(text) }
        return .object(
            JSONObject([
                ("number", .number(JSONNumber(number))), ("id", .string(id.description)),
                ("time", .date(time)), ("actor", .string(actor)), ("action", .string(action)),
                ("target", text(target)), ("ip", text(ip)), ("request_id", text(requestID)),
                ("changes", changes), ("previous_hash", .string(previousHash)), ("hash", .string(hash)),
            ])
        )
    }
}

/// What came of checking the audit trail.
package struct AuditVerificationMessage: Sendable {
    package var checked: Int
    /// The number of the first event that is kept.
    package var first: Int64
    /// The last event that is in order.
    package var lastNumber: Int64
    package var lastHash: String
    package var fault: (number: Int64, detail: String)?

    package init(
        checked: Int,
        first: Int64,
        lastNumber: Int64,
        lastHash: String,
        fault: (number: Int64, detail: String)?
    ) {
        self.checked = checked
        self.first = first
        self.lastNumber = lastNumber
        self.lastHash = lastHash
        self.fault = fault
    }

    package var json: JSONValue {
        var object = JSONObject([
            ("valid", .bool(fault == nil)), ("checked", .integer(checked)),
            ("first", .number(JSONNumber(first))),
            (
                "last",
                .object(
                    JSONObject([("number", .number(JSONNumber(lastNumber))), ("hash", .string(lastHash))])
                )
            ),
        ])
        object.set("fault", fault) { fault in
            .object(
                JSONObject([
                    ("number", .number(JSONNumber(fault.number))), ("detail", .string(fault.detail)),
                ])
            )
        }
        return .object(object)
    }
}
