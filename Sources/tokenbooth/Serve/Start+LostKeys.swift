import Administration
import AuthorizationServer
import JOSE
import Logging
import OAuth
import Primitives

/// Signing keys that an old database still takes for the active ones.
extension Start {
    /// Has another key sign where the one that the database says is active has lost its file.
    ///
    /// After a restore that key may have been rotated out or revoked since, and its
    /// file deleted. In its place signs the oldest of those that are there, which has signed before the restore or was
    /// published ahead: verifiers know it.
    ///
    /// Where there is none, the row stays as it is, and the start is refused.
    ///
    /// - Returns: The rows as they are then.
    /// - Throws: ``FileError``; store failures.
    func replaceLostKeys(_ records: [SigningKeyRecord], at now: NumericDate) async throws
        -> [SigningKeyRecord]
    {
        let files = try keys.datedSigningKeys().sorted { $0.writtenAt < $1.writtenAt }.map(\.key)
        let policy = SigningKeyPolicy(settings, copies: KeySetCopies(maxAge: settings.jwksMaxAge))
        for lost in records where lost.stage == .active {
            guard !files.contains(where: { bytesEqual($0.kid, lost.kid) }),
                let heir = Self.heir(of: lost, in: files, records)
            else { continue }
            let row = records.first { bytesEqual($0.kid, heir.kid) }
            let next =
                row ?? SigningKeyRecord(heir, stage: .pending, at: now, usableAt: now)
            try await store.write { writer in
                let (gone, active) = (lost.removed(at: now), next.activated(at: now, policy))
                try writer.update(gone)
                if row == nil { try writer.insert(next) }
                try writer.update(active)
                for key in [gone, active] {
                    try writer.record(SigningKeyOrder(.operator).event(of: key, at: now))
                }
            }
            logger.warning(
                "the restored database takes a signing key for the active one that is gone: another signs",
                metadata: ["kid": "\(heir.kid)", "gone": "\(lost.kid)"]
            )
        }
        return try await store.installation()?.signingKeys ?? []
    }

    private static func heir(
        of lost: SigningKeyRecord,
        in files: [SigningKey],
        _ records: [SigningKeyRecord]
    ) -> SigningKey? {
        files.first { key in
            guard bytesEqual(key.algorithm.rawValue, lost.algorithm) else { return false }
            let row = records.first { bytesEqual($0.kid, key.kid) }
            return row.map { $0.stage == .pending } ?? true
        }
    }
}
