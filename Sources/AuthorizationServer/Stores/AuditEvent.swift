package import OAuth
package import Primitives

/// Who is behind an event of the audit trail, and by which request.
package struct AuditSource: Sendable {
    /// The identifier of an API key; one of the words below where none was presented.
    package var actor: String
    /// Where the request came from, after trusted proxies.
    package var address: IPAddress?
    /// As the log knows the request; empty when there was none.
    package var requestID: String

    package init(actor: String, address: IPAddress? = nil, requestID: String = "") {
        self.actor = actor
        self.address = address
        self.requestID = requestID
    }

    package init(_ client: KeyID, address: IPAddress?, requestID: String) {
        self.init(actor: client.description, address: address, requestID: requestID)
    }

    /// What the service does by itself, such as the rotation of signing keys.
    package static let system = AuditSource(actor: "system")
    /// Whoever starts the service, by its flags.
    package static let `operator` = AuditSource(actor: "operator")
    /// GitHub's secret scanning, known by its signature.
    package static func secretScanning(address: IPAddress?, requestID: String) -> AuditSource {
        AuditSource(actor: "secret-scanning", address: address, requestID: requestID)
    }
}

/// Something that the audit trail is to keep: an administrative change or a security event.
///
/// It is recorded in the transaction of the change that it tells of, so that there is neither without the other.
package struct AuditEvent: Sendable {
    package var source: AuditSource
    /// One lower-case word with underscores: an operation of the admin API, or what has happened.
    package var action: String
    /// What it was done to: an identifier, or a kind and a name such as `scope:reports:read`.
    package var target: String
    /// What is otherwise now, or what is known besides; never a secret.
    package var changes: JSONObject
    package var time: NumericDate

    package init(
        _ action: String,
        on target: String,
        by source: AuditSource,
        changes: JSONObject = JSONObject(),
        at time: NumericDate
    ) {
        self.source = source
        self.action = action
        self.target = target
        self.changes = changes
        self.time = time
    }
}

/// Takes security events that come with no change of their own, such as a lock-out.
package protocol AuditRecorder: Sendable {
    /// Adds the event to the trail.
    ///
    /// - Parameter done: Called once, when the event is on the disk or could not be written, on the thread that
    ///   commits; on the caller's and at once when no more changes are taken. It must be quick.
    func record(_ event: AuditEvent, _ done: @escaping @Sendable (CommitResult<Void>) -> Void)
}

extension RefreshEvent {
    /// As the audit trail has it: its actor is the key that presented the token.
    package func audited(by rotation: Rotation) -> AuditEvent {
        AuditEvent(
            kind.rawValue,
            on: family.description,
            by: AuditSource(
                client,
                address: rotation.address,
                requestID: String(decoding: rotation.requestID, as: UTF8.self)
            ),
            changes: JSONObject([("generation", .number(JSONNumber(Int64(rotation.token.generation))))]),
            at: rotation.now
        )
    }
}
