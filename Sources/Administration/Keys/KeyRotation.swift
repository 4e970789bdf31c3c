package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// API keys: given another secret, and found by one.
extension Administration {
    /// A new secret for a key, this once; the old one works for a while, and the expiry stays.
    ///
    /// The secret is good for all that the key holds, so whoever gets it must hold that, as if they created the key.
    ///
    /// - Throws: ``AdminRefusal/notFound(_:)`` also for a key that the administrator may not change,
    ///   ``AdminRefusal/notHeld(_:)``, ``AdminRefusal/conflict(_:)`` for a revoked key and for one that has expired,
    ///   whose new secret would not work, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func rotateKey(
        _ id: KeyID,
        _ order: KeyRotationOrder,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> (key: KeyRecord, secret: APIKey) {
        let secret = APIKey.generate()
        let key = try await write(.rotateKey, by: administrator, at: now) { writer, standing in
            let old = try writer.changeableKey(id, by: standing)
            guard old.status(at: now) != .expired else {
                throw AdminRefusal.conflict("the key has expired: give it another expires_at first")
            }
            let project = try writer.requireProject(given: old.project.description)
            try KeyDraft(key: old, old: nil, project: project).checkGrants(of: standing, in: writer)
            let key = old.rotated(to: secret, grace: order.grace, at: now)
            try writer.update(key, at: now)
            if order.endsTokens { try writer.endTokens(of: id, at: now) }
            var changes = AuditChanges.between(old.answer(at: now), key.answer(at: now))
            changes["end_tokens"] = .bool(order.endsTokens)
            standing.note(key.auditTarget, changes)
            return key
        }
        return (key, secret)
    }

    /// Moves the end of an overlap, or ends it.
    ///
    /// Whoever prolongs it must hold what the key holds, as for a rotation.
    ///
    /// - Throws: ``AdminRefusal/notFound(_:)`` also for a key that the administrator may not change,
    ///   ``AdminRefusal/invalidInput(_:)`` for an end more than a day ahead, ``AdminRefusal/notHeld(_:)``,
    ///   ``AdminRefusal/conflict(_:)`` for a revoked key, one without an old secret that works, and the last super
    ///   admin's last secret, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func updateKeyRotation(
        _ id: KeyID,
        _ patch: KeyRotationPatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyRecord {
        try await write(.updateKeyRotation, by: administrator, at: now) { writer, standing in
            let old = try writer.changeableKey(id, by: standing)
            guard var previous = old.overlap(at: now) else {
                throw AdminRefusal.conflict("the key has no earlier secret that still works")
            }
            guard patch.previousExpiresAt <= now.advanced(by: KeyRotationPatch.maximum) else {
                throw AdminRefusal.invalidInput([
                    FieldMistake(
                        "/previous_expires_at",
                        "must be at most \(KeyRotationPatch.maximum) seconds ahead"
                    )
                ])
            }
            if patch.previousExpiresAt > previous.expiresAt {
                let project = try writer.requireProject(given: old.project.description)
                try KeyDraft(key: old, old: nil, project: project).checkGrants(of: standing, in: writer)
            }
            previous.expiresAt = patch.previousExpiresAt
            var key = old
            key.previousSecret = previous.expiresAt > now ? previous : nil
            try writer.keepSuperAdmin(changing: old, to: key, at: now)
            try writer.update(key, at: now)
            standing.note(old, becomes: key)
            return key
        }
    }

    /// The key that a secret belongs to; none for a secret that has ended.
    ///
    /// - Throws: ``AdminRefusal/notFound(_:)`` also for a key that the administrator does not see;
    ///   ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func lookupKey(
        _ secret: APIKey,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyRecord {
        let digest = secret.digest
        return try await read(.lookupKey, by: administrator, at: now) { reader, standing in
            guard let key = try reader.key(withDigest: digest, at: now), standing.sees(key) else {
                throw KeyRecord.notFound
            }
            return key
        }
    }
}
