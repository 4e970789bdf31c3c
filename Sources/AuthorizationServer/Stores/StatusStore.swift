package import OAuth

/// Where the status of every grant follows from: keys, families, and the entries that they left.
package protocol StatusStore: Sendable {
    /// Fills the board, at a start, before anything else changes the store.
    ///
    /// A key that has no entry yet gets one. Grants that are VALID cost nothing, however many there are.
    ///
    /// - Throws: ``StoreUnavailable``, and then the board is not to be used.
    func loadStatuses(into board: StatusBoard, at now: NumericDate) async throws(StoreUnavailable)

    /// Tells what time alone has ended since `last`, and frees the entries whose time is over.
    ///
    /// A change may be made long after it had read its clock, and may then have ended before `last` (``StatusPace``).
    ///
    /// - Throws: ``StoreUnavailable``; the next call does what is left, when `last` is the same.
    func keepStatuses(since last: NumericDate, at now: NumericDate) async throws(StoreUnavailable)
}
