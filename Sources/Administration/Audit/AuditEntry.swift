package import AuthorizationServer
package import OAuth
package import Primitives

/// An event as the audit trail keeps it: in its place, and chained to the one before.
///
/// The hash is SHA-256 of, one after the other and without anything between:
/// - the 19 bytes `tokenbooth audit 1` and a line feed,
/// - the 32 bytes of the hash before, zeros for the first event,
/// - ``number`` and ``time`` in 8 bytes each, big-endian,
/// - ``id``, ``actor``, ``action``, ``target``, ``address``, ``requestID`` and ``changes``, each as UTF-8 after its
///   number of bytes in 4 bytes, big-endian.
package struct AuditEntry: Sendable {
    /// Its place, from 1 on and without gaps.
    package var number: Int64
    package var id: AuditEventID
    package var time: NumericDate
    package var actor: String
    package var action: String
    package var target: String
    /// Empty where there was none.
    package var address: String
    /// Empty where there was none.
    package var requestID: String
    /// One JSON object without white space, exactly as it was hashed.
    package var changes: String
    package var previousHash: SHA256Digest
    package var hash: SHA256Digest

    package init(
        number: Int64,
        id: AuditEventID,
        time: NumericDate,
        actor: String,
        action: String,
        target: String,
        address: String,
        requestID: String,
        changes: String,
        previousHash: SHA256Digest,
        hash: SHA256Digest? = nil
    ) {
        self.number = number
        self.id = id
        self.time = time
        self.actor = actor
        self.action = action
        self.target = target
        self.address = address
        self.requestID = requestID
        self.changes = changes
        self.previousHash = previousHash
        self.hash = previousHash
        self.hash = hash ?? expectedHash
    }

    /// The event in the place after `head`.
    package init(_ event: AuditEvent, as id: AuditEventID, after head: AuditHead) {
        self.init(
            number: head.number &+ 1,
            id: id,
            time: event.time,
            actor: event.source.actor,
            action: event.action,
            target: event.target,
            address: event.source.address?.text ?? "",
            requestID: event.source.requestID,
            changes: String(decoding: JSONValue.object(event.changes).serialized, as: UTF8.self),
            previousHash: head.hash
        )
    }

    package var head: AuditHead { AuditHead(number: number, hash: hash) }

    /// What ``hash`` has to be.
    package var expectedHash: SHA256Digest {
        var bytes = Array("tokenbooth audit 1\n".utf8)
        bytes += previousHash.bytes
        bytes.append(bigEndian: UInt64(bitPattern: number))
        bytes.append(bigEndian: UInt64(bitPattern: time.seconds))
        for text in [id.description, actor, action, target, address, requestID, changes] {
            bytes.append(bigEndian: UInt32(clamping: text.utf8.count))
            bytes += text.utf8
        }
        return SHA256.hash(bytes)
    }
}

/// An end of the trail: the place of an event and its hash.
package struct AuditHead: Sendable, Equatable {
    package var number: Int64
    package var hash: SHA256Digest

    package init(number: Int64, hash: SHA256Digest) {
        self.number = number
        self.hash = hash
    }
}
