package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// Signing keys: for super admins only, whatever scopes others hold.
extension Administration {
    /// The keys by `kid`; none for anybody else.
    ///
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func listSigningKeys(
        page: PageRequest,
        includesRemoved: Bool,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<SigningKeyMessage> {
        let policy = try await desk().policy()
        return try await read(.listSigningKeys, by: administrator, at: now) { reader, standing in
            guard standing.role == .superAdmin else { return .empty }
            let schedule = SigningKeySchedule(try reader.signingKeys(), policy: policy)
            return try Page(page, position: \.kid) { page in
                try reader.signingKeys(page, includesRemoved: includesRemoved)
                    .map { $0.message(in: schedule, at: now) }
            }
        }
    }

    /// - Throws: ``AdminRefusal/notFound(_:)``, ``AdminRefusal/missingScope(_:)``; any other error is a store
    ///   failure.
    package func getSigningKey(
        _ kid: String,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> SigningKeyMessage {
        let policy = try await desk().policy()
        return try await read(.getSigningKey, by: administrator, at: now) { reader, standing in
            guard standing.role == .superAdmin, SigningKeyMessage.isKeyID(kid),
                let key = try reader.signingKey(kid)
            else { throw AdminRefusal.notFound(Self.noKey) }
            return key.message(
                in: SigningKeySchedule(try reader.signingKeys(), policy: policy),
                at: now
            )
        }
    }

    /// Has the pending key sign, of one algorithm or of all; the key that has signed until now retires.
    ///
    /// - Returns: The published keys afterwards.
    /// - Throws: ``AdminRefusal/conflict(_:)`` while a pending key may not sign yet, ``AdminRefusal/invalidInput(_:)``
    ///   for an algorithm that the server does not sign with, ``AdminRefusal/notHeld(_:)``,
    ///   ``AdminRefusal/missingScope(_:)``; any other error is a failure of the store or the keys directory.
    package func rotateSigningKeys(
        _ rotation: SigningKeyRotation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> [SigningKeyMessage] {
        let desk = try desk()
        let policy = await desk.policy()
        if let alg = rotation.alg, !policy.signs(alg) {
            let names = policy.algorithms.joined(separator: ", ")
            throw AdminRefusal.invalidInput([.init("/alg", "must be one of \(names), as configured")])
        }
        let algorithms = rotation.alg.map { [$0] } ?? policy.algorithms
        try await Self.saying(now) {
            try await desk.rotate(
                algorithms,
                by: SigningKeyOrder(administrator),
                permit: Self.permit(.rotateSigningKeys, administrator, now)
            )
        }
        let keys = try await read(.rotateSigningKeys, by: administrator, at: now) { reader, _ in
            let schedule = SigningKeySchedule(try reader.signingKeys(), policy: policy)
            return schedule.records.map { $0.message(in: schedule, at: now) }
        }
        let answer = ListMessage(items: keys.map(\.json), nextCursor: nil).json
        await keep(answer, for: administrator.request.claim, at: now)
        return keys
    }

    /// Takes a key away: what it has signed is not honoured here from now on.
    ///
    /// - Throws: ``AdminRefusal/conflict(_:)`` for the key that signs while no other may, and for a removed one;
    ///   ``AdminRefusal/notFound(_:)``, ``AdminRefusal/notHeld(_:)``, ``AdminRefusal/missingScope(_:)``; any
    ///   other error is a failure of the store or the keys directory.
    package func revokeSigningKey(
        _ kid: String,
        _ revocation: SigningKeyRevocation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> RevokedSigningKeyMessage {
        let desk = try desk()
        let permit = Self.permit(.revokeSigningKey, administrator, now)
        let done = try await Self.saying(now, isRevocation: true) {
            try await desk.revoke(
                kid,
                isForced: revocation.isForced,
                by: SigningKeyOrder(administrator)
            ) { reader in
                try permit(reader)
                guard SigningKeyMessage.isKeyID(kid), let key = try reader.signingKey(kid) else {
                    throw AdminRefusal.notFound(Self.noKey)
                }
                guard key.stage != .removed else {
                    throw AdminRefusal.conflict("the key was taken away before")
                }
            }
        }
        guard let done else { throw AdminRefusal.notFound(Self.noKey) }
        let schedule = SigningKeySchedule([], policy: await desk.policy())
        let answer = RevokedSigningKeyMessage(
            key: done.revoked.message(in: schedule, at: now),
            successor: done.successor?.kid,
            acceptedElsewhereUntil: done.acceptedElsewhereUntil,
            lastTokenExpiresAt: done.revoked.lastTokenExpiry(at: now)
        )
        await keep(answer.json, for: administrator.request.claim, at: now)
        return answer
    }

    private static let noKey = "there is no such signing key"

    private func desk() throws -> any SigningKeyDesk {
        guard let signingKeys else { throw AdminRefusal.notFound("this server keeps no signing keys") }
        return signingKeys
    }

    private static func permit(
        _ operation: AdminOperation,
        _ administrator: Administrator,
        _ now: NumericDate
    ) -> SigningKeyDesk.Permit {
        { reader in
            let standing = try Standing(of: administrator, for: operation, in: reader, at: now)
            try standing.requireSuperAdmin("only super admins change signing keys")
        }
    }

    /// Puts into words why a key may not sign.
    private static func saying<Value>(
        _ now: NumericDate,
        isRevocation: Bool = false,
        _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let gate as SigningKeyGate {
            throw AdminRefusal.conflict(
                gate.words(at: now) + (isRevocation ? "; force ends the key all the same" : "")
            )
        } catch let fault as SigningKeyFault {
            throw AdminRefusal.conflict(
                "the key \(fault.kid) did not stand its test and does not sign: revoke it, and another is made"
            )
        }
    }
}

extension AdminReader {
    /// Tokens for an audience are signed as asked, or it is not registered yet: a new algorithm signs nothing until
    /// every verifier can know its key.
    ///
    /// - Throws: ``AdminRefusal/conflict(_:)``.
    func checkSigning(_ algorithm: String?, at now: NumericDate) throws {
        guard let algorithm else { return }
        let keys = try signingKeys().filter { bytesEqual($0.algorithm, algorithm) }
        guard !keys.contains(where: { $0.stage == .active }),
            let pending = keys.filter({ $0.stage == .pending }).min(by: { $0.usableAt < $1.usableAt })
        else { return }
        let gate = SigningKeyGate(algorithm: algorithm, kid: pending.kid, usableAt: pending.usableAt)
        throw AdminRefusal.conflict("nothing is signed with \(algorithm) yet: " + gate.words(at: now))
    }
}
