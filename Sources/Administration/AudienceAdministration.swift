package import AdminAPI
package import AuthorizationServer
package import OAuth
import Primitives

/// Registered audiences: those whose tokens look other than by default.
///
/// Keys may name any audience; registering one only says `typ` and `alg` of its tokens.
extension Administration {
    /// Registered audiences by name; none without an `admin_role`.
    ///
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listAudiences(
        page: PageRequest,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<AudienceRecord> {
        try await read(.listAudiences, by: administrator, at: now) { reader, standing in
            guard standing.role != nil else { return .empty }
            return try Page(page, position: \.name) { try reader.audiences($0) }
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store
    ///   failure.
    package func getAudience(
        _ name: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> AudienceRecord {
        try await read(.getAudience, by: administrator, at: now) { try $0.existingAudience(name, by: $1) }
    }

    /// - Throws: ``AdminRefusal/invalidInput(_:)`` for an algorithm that the server does not sign with and for the
    ///   audience of the admin API, ``AdminRefusal/conflict(_:)`` for a name that is taken and for an algorithm
    ///   whose first key may not sign yet, ``AdminRefusal/notHeld(_:)`` without an `admin_role` and for tokens of
    ///   others' keys that would look otherwise, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func createAudience(
        _ creation: AudienceCreation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> AudienceRecord {
        let limits = limits
        return try await write(.createAudience, by: administrator, at: now) { writer, standing in
            try standing.mayCreate()
            let audience = AudienceRecord(
                name: creation.name,
                type: creation.typ ?? AudienceRecord.standardType,
                algorithm: creation.alg
            )
            try audience.check(limits: limits)
            try writer.checkSigning(audience.algorithm, at: now)
            guard try writer.audience(named: audience.name) == nil else {
                throw AdminRefusal.conflict("the audience is registered already")
            }
            try writer.checkForeign(audience, changing: AudienceRecord(name: audience.name), by: standing)
            try writer.insert(audience)
            standing.note(nil, becomes: audience)
            return audience
        }
    }

    /// Changes how the next tokens for the audience look.
    ///
    /// - Throws: ``AdminRefusal/invalidInput(_:)`` for an algorithm that the server does not sign with,
    ///   ``AdminRefusal/conflict(_:)`` for one whose first key may not sign yet, ``AdminRefusal/notHeld(_:)`` for
    ///   tokens of others' keys that would look otherwise, ``AdminRefusal/notFound(_:)``,
    ///   ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func updateAudience(
        _ name: String,
        _ patch: AudiencePatch,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> AudienceRecord {
        let limits = limits
        return try await write(.updateAudience, by: administrator, at: now) { writer, standing in
            let old = try writer.existingAudience(name, by: standing)
            try standing.expects(old)
            var audience = old
            audience.type = patch.typ.applied(to: audience.type, default: AudienceRecord.standardType)
            audience.algorithm = patch.alg.applied(to: audience.algorithm)
            try audience.check(limits: limits)
            try writer.checkForeign(audience, changing: old, by: standing)
            if patch.alg.value != nil { try writer.checkSigning(audience.algorithm, at: now) }
            try writer.update(audience)
            standing.note(old, becomes: audience)
            return audience
        }
    }

    /// Takes away what was said about the audience.
    ///
    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/conflict(_:)`` while a key or a project names it, for
    ///   their tokens would change unasked, ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func deleteAudience(
        _ name: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws {
        try await write(.deleteAudience, by: administrator, at: now) { writer, standing in
            let audience = try writer.existingAudience(name, by: standing)
            try standing.expects(audience)
            guard try !writer.isAudienceInUse(name) else {
                throw AdminRefusal.conflict("the audience is in use: take it from keys and projects first")
            }
            try writer.deleteAudience(named: name)
            standing.note(audience, becomes: nil)
        }
    }
}

extension AudienceRecord {
    fileprivate static let standardType = "at+jwt"

    /// - Throws: ``AdminRefusal/invalidInput(_:)`` with all mistakes.
    fileprivate func check(limits: AdministrationLimits) throws {
        var checks = FieldChecks(limits: limits)
        if isAdministration(name) {
            checks.add("/name", "is the audience of the admin API, which stays as it is")
        }
        if let algorithm, !limits.algorithms.contains(where: { bytesEqual($0, algorithm) }) {
            checks.add("/alg", "must be one of \(limits.algorithms.joined(separator: ", ")), as configured")
        }
        try checks.finish()
    }
}

extension AdminReader {
    /// How the tokens of a key look is not for somebody to change who may not change the key.
    ///
    /// - Parameter old: As it is registered, or as tokens look for an audience that is not.
    /// - Throws: ``AdminRefusal/notHeld(_:)``; any other error is a store failure.
    fileprivate func checkForeign(
        _ audience: AudienceRecord,
        changing old: AudienceRecord,
        by standing: Standing
    ) throws {
        var pointers: [String] = []
        if !bytesEqual(audience.type, old.type) { pointers.append("/typ") }
        if audience.algorithm.map(ByteString.init) != old.algorithm.map(ByteString.init) {
            pointers.append("/alg")
        }
        guard standing.role != .superAdmin, !pointers.isEmpty,
            try isAudienceInUse(audience.name, besidesKeysOf: standing.id)
        else { return }
        let detail =
            "keys that are not yours have this audience: only super admins change how their tokens look"
        throw AdminRefusal.notHeld(pointers.map { FieldMistake($0, detail) })
    }

    fileprivate func existingAudience(_ name: String, by standing: Standing) throws -> AudienceRecord {
        let missing = "the audience is not registered"
        try standing.mayReach(missing)
        guard AudienceMessage.isName(name), let audience = try audience(named: name) else {
            throw AdminRefusal.notFound(missing)
        }
        return audience
    }
}
