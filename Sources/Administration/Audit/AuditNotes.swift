import AdminAPI
import AuthorizationServer
import OAuth
package import Primitives

/// What one rule has done, for the one event that is recorded of it.
///
/// A class, for a rule has one ``Standing`` and hands copies of it on.
final class AuditNotes {
    private(set) var targets: [(name: String, changes: JSONObject)] = []
    /// Whether a rule has looked at something and left it as it was.
    private(set) var hasUnchanged = false

    func add(_ target: String, _ changes: JSONObject) {
        if changes.members.isEmpty { hasUnchanged = true } else { targets.append((target, changes)) }
    }
}

extension Standing {
    /// Notes what the rule makes, changes or takes away; a rule that has noted something is audited by it.
    ///
    /// - Parameters:
    ///   - old: `nil` for something new.
    ///   - new: `nil` for something that goes.
    func note<Resource: AdminResource>(_ old: Resource?, becomes new: Resource?) {
        guard let target = (new ?? old)?.auditTarget else { return }
        notes.add(target, AuditChanges.between(old?.answer(at: now), new?.answer(at: now)))
    }

    /// Notes something that is no resource, such as an import and how many rows it had.
    func note(_ target: String, _ changes: JSONObject) { notes.add(target, changes) }

    /// Holds a change to `If-Match` (RFC 9110 §13.1.1): the resource must still be as the caller saw it.
    ///
    /// - Throws: ``AdminRefusal/preconditionFailed``.
    func expects<Resource: AdminResource>(_ resource: Resource) throws {
        guard let condition = request.condition else { return }
        guard ResourceTag.matches(condition, ResourceTag.tag(of: resource.answer(at: now))) else {
            throw AdminRefusal.preconditionFailed
        }
    }

    /// Records the event of a rule that has succeeded, and keeps its answer for a repetition.
    ///
    /// - Parameter answer: `nil` where nothing is answered.
    func conclude(_ operation: AdminOperation, _ answer: JSONValue?, in writer: any AdminWriter) throws {
        if let claim = request.claim { try writer.keep(answer, isComplete: true, for: claim, at: now) }
        let source = AuditSource(id, address: request.address, requestID: request.requestID)
        for (target, changes) in notes.targets {
            try writer.record(
                AuditEvent(operation.auditAction, on: target, by: source, changes: changes, at: now)
            )
        }
        // A rule that says nothing of what it does is audited all the same.
        guard notes.targets.isEmpty, !notes.hasUnchanged else { return }
        try writer.record(AuditEvent(operation.auditAction, on: "", by: source, at: now))
    }
}

extension AdminOperation {
    /// The `operationId` in lower case with underscores: `create_key`.
    package var auditAction: String {
        var words: [UInt8] = []
        for byte in rawValue.utf8 {
            if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
                words += [UInt8(ascii: "_"), byte + 32]
            } else {
                words.append(byte)
            }
        }
        return String(decoding: words, as: UTF8.self)
    }
}

/// What is otherwise: for every member that differs, `from` and `to`; either is left out where there was nothing.
package enum AuditChanges {
    package static func between(_ old: JSONValue?, _ new: JSONValue?) -> JSONObject {
        let (old, new) = (old?.object ?? JSONObject(), new?.object ?? JSONObject())
        var changes = JSONObject()
        for (name, value) in new.members {
            let before = old[name]
            guard before.map({ $0.serialized == value.serialized }) != true else { continue }
            changes[name] = pair(before, value)
        }
        for (name, value) in old.members where new[name] == nil { changes[name] = pair(value, nil) }
        return changes
    }

    private static func pair(_ from: JSONValue?, _ to: JSONValue?) -> JSONValue {
        var pair = JSONObject()
        if let from { pair["from"] = from }
        if let to { pair["to"] = to }
        return .object(pair)
    }
}
