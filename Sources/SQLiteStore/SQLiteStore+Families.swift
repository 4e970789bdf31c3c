import Administration
package import AuthorizationServer
package import OAuth

extension SQLiteStore: FamilyStore {
    package func open(
        _ opening: FamilyOpening,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RefreshAnswer>) -> Void
    ) {
        let id = FamilyID(identifiers.next(at: opening.now))
        committer.submit(via: carrier, { transaction in try transaction.open(opening, as: id) }, done)
    }

    package func rotate(
        _ rotation: Rotation,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<Rotation.Outcome>) -> Void
    ) {
        committer.submit(RotationMutation(rotation, replays, via: carrier, done))
    }

    package func revoke(
        _ revocation: FamilyRevocation,
        via carrier: (any AnswerCarrier)?,
        _ done: @escaping @Sendable (CommitResult<RevocationOutcome>) -> Void
    ) {
        committer.submit(via: carrier, { transaction in try transaction.revoke(revocation) }, done)
    }

    package func family(
        _ id: FamilyID
    ) async throws(StoreUnavailable) -> (family: RefreshFamily, key: GrantStanding)? {
        try await answer { transaction in try transaction.family(id).map { ($0.family, $0.key) } }
    }

    package func forgetFamilies(
        endedUntil end: NumericDate,
        limit: Int
    ) async throws(StoreUnavailable) -> Int {
        // Mostly there is none: that is found out without the writer.
        guard try await answer({ try $0.hasFamilies(endedUntil: end) }) else { return 0 }
        return try await keep { try $0.forgetFamilies(endedUntil: end, limit: limit) }
    }
}
