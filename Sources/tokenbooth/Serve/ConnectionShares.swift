/// How many connections each listener may hold, so that clients never take the last descriptors of the process.
///
/// A process that cannot open files is not only one that turns connections away: the store opens its readers late, and
/// libdispatch looks once a second at its threads in `/proc` and ends the process when it cannot.
struct ConnectionShares {
    /// Of whoever asks for tokens or keys.
    let `public`: Int
    /// Of the administration: an eighth, so that it gets in whatever the public does.
    let admin: Int

    /// Files of the store and the log, listeners, and what event loops keep for themselves.
    private static func own(cores: Int) -> Int { 32 + 3 * cores }
    /// For what is opened late and for a while: backups, key files, the last connections that one turn accepts.
    private static let spare = 128
    private static let fewest = 16
    private static let remedy = "raise the limit (`ulimit -n`, or LimitNOFILE in the systemd unit)"

    /// - Parameters:
    ///   - files: As many as the process may have open (`RLIMIT_NOFILE`).
    ///   - wanted: `max_connections`, which only lowers.
    /// - Throws: ``StartRefusal`` when less than 16 connections would be left.
    init(files: Int, wanted: Int?, cores: Int) throws(StartRefusal) {
        let kept = Self.own(cores: cores) + Self.spare
        let left = files - kept
        guard left >= Self.fewest else {
            let demand = "this process may open \(files) files, and needs \(kept + Self.fewest) at least"
            throw StartRefusal(description: "\(demand): \(Self.remedy)")
        }
        admin = min(wanted ?? .max, left / 8)
        `public` = min(wanted ?? .max, left - left / 8)
    }

    /// What to tell the operator when more was wanted than there is.
    func warning(wanted: Int?, files: Int) -> String? {
        guard let wanted, wanted > `public` else { return nil }
        return "max_connections is \(wanted), but with \(files) open files the public listener can have "
            + "\(`public`), and the admin listener \(admin): \(Self.remedy)"
    }
}
