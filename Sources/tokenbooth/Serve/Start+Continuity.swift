import AuthorizationServer
import Logging
import OAuth
import SQLiteStore

/// What the operator says about a database that was restored.
struct RestoreConsent: Sendable {
    /// The flag `--accept-restore`.
    var acceptsRestore = false
    /// The flag `--accept-clock`.
    var acceptsClock = false
}

/// What a start has found out about time, and about the course of its database.
struct Course: Sendable {
    let clock: ClockGuard
    let epoch: EpochKeeper
    /// Tokens with an earlier `iat` are refused.
    let notBefore: NumericDate
}

extension Start {
    /// Refuses a database that is older than the keys directory, unless the operator accepts it; then begins a new
    /// epoch.
    ///
    /// Comes before anything else is read or written: an old database says wrong things about keys, too.
    ///
    /// - Throws: ``StartRefusal``, ``FileError``, `StoreUnavailable`.
    func enterCourse(_ consent: RestoreConsent) async throws -> Course {
        let now = clock.now
        let remembered = try await store.continuity()
        let file = try keys.epoch()
        if consent.acceptsRestore {
            try checkClock(now, against: remembered.clock, consent)
            try await acceptRestore(at: now, epoch: file ?? 0, resetsClock: consent.acceptsClock)
        } else {
            try checkEpoch(of: remembered, file: file)
        }
        // From here on a missing file means that somebody has removed it.
        if file == nil { try keys.store(epoch: 0) }
        let keeper = EpochKeeper(store: store, keys: keys, written: file ?? 0)
        let continuity = try await keeper.raise(at: now)
        let guardian = ClockGuard(latest: continuity.clock)
        if !guardian.permits(now) { ClockAlarm.raise(now, guardian, logger) }
        return Course(clock: guardian, epoch: keeper, notBefore: continuity.notBefore)
    }

    private func checkEpoch(of remembered: Continuity, file: Int64?) throws(StartRefusal) {
        guard let file else {
            guard remembered.epoch > 0 else { return }
            throw StartRefusal(
                description:
                    "\(settings.keysDirectory) has no epoch file, so it cannot be told whether the database in "
                    + "\(settings.dataDirectory) is the latest: restore the file, or, to end all that an old "
                    + "database may wrongly keep alive, start with --accept-restore"
            )
        }
        guard remembered.epoch < file else { return }
        if remembered.epoch == 0 {
            throw StartRefusal(
                description:
                    "the database in \(settings.dataDirectory) is new, but the keys in \(settings.keysDirectory) "
                    + "have served another: name its directory with --data-dir, or restore a backup of it; to "
                    + "begin again without it, start with --accept-restore"
            )
        }
        throw StartRefusal(
            description:
                "the database in \(settings.dataDirectory) is older (epoch \(remembered.epoch)) than the keys in "
                + "\(settings.keysDirectory) (epoch \(file)): it was restored from a backup, or has lost its last "
                + "changes. If that cannot be mended, start once with --accept-restore: it ends all refresh tokens "
                + "and access tokens, and whatever was revoked since must be revoked again"
        )
    }

    /// The time of the restore is what decides which tokens are refused, so it must be right.
    private func checkClock(
        _ now: NumericDate,
        against remembered: NumericDate,
        _ consent: RestoreConsent
    ) throws(StartRefusal) {
        guard !consent.acceptsClock, !ClockGuard(latest: remembered).permits(now) else { return }
        throw StartRefusal(
            description:
                "this machine's clock says \(now.seconds) (Unix time), but the database has seen "
                + "\(remembered.seconds) already: set the clock; if it is right and the other was wrong, add "
                + "--accept-clock"
        )
    }

    private func acceptRestore(at now: NumericDate, epoch: Int64, resetsClock: Bool) async throws {
        let outcome = try await store.accept(
            RestoreAcceptance(now: now, epoch: epoch, resetsClock: resetsClock)
        )
        logger.warning(
            """
            restore accepted: all refresh tokens and access tokens issued before are refused. API keys are as the \
            database has them: those that were revoked, disabled or rotated after the backup was made are not, so do \
            it again. Start without --accept-restore from now on
            """,
            metadata: [
                "epoch": "\(outcome.continuity.epoch)",
                "not_before": "\(outcome.continuity.notBefore.seconds)",
                "families_ended": "\(outcome.endedFamilies)", "keys_moved": "\(outcome.movedKeys)",
                "status_lists_withdrawn": "\(outcome.withdrawnLists)",
            ]
        )
    }
}
