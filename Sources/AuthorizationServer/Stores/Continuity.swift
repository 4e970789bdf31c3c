package import OAuth

/// What the database remembers of time and of its own course.
package struct Continuity: Sendable, Equatable {
    /// The latest time that the service has acted on, some seconds old at most.
    package var clock: NumericDate
    /// Raised at each start, at each backup and while there are changes; the keys directory keeps a copy.
    package var epoch: Int64
    /// Tokens with an earlier `iat` are refused: the time of the last restore.
    package var notBefore: NumericDate

    package init(clock: NumericDate, epoch: Int64, notBefore: NumericDate) {
        self.clock = clock
        self.epoch = epoch
        self.notBefore = notBefore
    }
}

/// A restore that the operator has accepted.
package struct RestoreAcceptance: Sendable {
    package var now: NumericDate
    /// What the keys directory says; the database goes past it.
    package var epoch: Int64
    /// Whether the clock that the database remembers was wrong, and `now` takes its place.
    package var resetsClock: Bool

    package init(now: NumericDate, epoch: Int64, resetsClock: Bool) {
        self.now = now
        self.epoch = epoch
        self.resetsClock = resetsClock
    }
}

/// What a restore has ended.
package struct RestoreOutcome: Sendable, Equatable {
    package var continuity: Continuity
    /// Refresh families that were alive in the database.
    package var endedFamilies: Int
    /// API keys that have lost their place in a status list, and get a new one.
    package var movedKeys: Int
    /// Status lists of which every entry is INVALID from now on.
    package var withdrawnLists: Int

    package init(continuity: Continuity, endedFamilies: Int, movedKeys: Int, withdrawnLists: Int) {
        self.continuity = continuity
        self.endedFamilies = endedFamilies
        self.movedKeys = movedKeys
        self.withdrawnLists = withdrawnLists
    }
}
