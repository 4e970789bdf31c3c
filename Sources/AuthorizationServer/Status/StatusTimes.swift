/// How long what was said of a status entry must stay true, in seconds.
package enum StatusTimes {
    /// `exp` less `iat` of a signed list: how long a verifier may go by one copy.
    package static let listLifetime: Int64 = 300

    /// For how long an entry keeps the value of a grant that has ended: as long as any token of it can live.
    ///
    /// The longest lifetime that could ever be set, so that a shorter setting frees no entry too early; and
    /// 60 s of other people's clocks.
    package static let retention = Int64(TokenPolicy.range.upperBound) + 60
}
