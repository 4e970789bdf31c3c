import AuthorizationServer
package import OAuth

/// Backups: of super admins only, since a copy holds what every administrator has made.
extension Administration {
    /// Begins a copy of the database; ``getBackup(_:by:at:)`` tells when it is done.
    ///
    /// - Throws: ``AdminRefusal``; any other error is a store failure.
    package func createBackup(by administrator: Administrator, at now: NumericDate) async throws
        -> BackupRecord
    {
        let desk = try await desk(for: .createBackup, by: administrator, at: now)
        let id = BackupID(identifiers.next(at: now))
        do {
            // Within the transaction, so that nothing is recorded of a copy that is refused; begun after it, so that
            // nothing is copied without a record.
            let backup = try await write(.createBackup, by: administrator, at: now) { _, standing in
                let backup = try desk.reserve(id, at: now)
                standing.note(nil, becomes: backup)
                return backup
            }
            desk.begin(id)
            return backup
        } catch {
            desk.forget(id)
            throw error
        }
    }

    /// - Throws: ``AdminRefusal``; any other error is a store failure.
    package func getBackup(_ id: BackupID, by administrator: Administrator, at now: NumericDate) async throws
        -> BackupRecord
    {
        try await desk(for: .getBackup, by: administrator, at: now).require(id)
    }

    /// A part of a copy that is done.
    ///
    /// - Parameters:
    ///   - offset: Bytes from its beginning.
    ///   - length: Bytes at most; fewer are returned at its end only.
    /// - Throws: ``AdminRefusal``; any other error is a store failure.
    package func readBackup(
        _ id: BackupID,
        from offset: Int64,
        length: Int,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> [UInt8] {
        let desk = try await desk(for: .readBackup, by: administrator, at: now)
        let file = try desk.require(id).copy()
        guard offset < file.size else { return [] }
        return try await desk.store.readBackup(id, from: offset, length: length)
    }

    /// Removes a copy from the server.
    ///
    /// - Throws: ``AdminRefusal``; any other error is a store failure.
    package func deleteBackup(_ id: BackupID, by administrator: Administrator, at now: NumericDate)
        async throws
    {
        let desk = try await desk(for: .deleteBackup, by: administrator, at: now)
        let backup = try desk.require(id)
        if case .running = backup.state {
            throw AdminRefusal.conflict("the backup is under way: delete it when it has ended")
        }
        try await write(.deleteBackup, by: administrator, at: now) { _, standing in
            standing.note(backup, becomes: nil)
        }
        try await desk.store.deleteBackup(id)
        desk.forget(id)
    }

    private func desk(
        for operation: AdminOperation,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> BackupDesk {
        try await read(operation, by: administrator, at: now) { _, standing in
            try standing.requireSuperAdmin("backups are for super admins, since they hold all keys' rows")
        }
        guard let backups else {
            throw AdminRefusal.conflict("this server has no database file that could be copied")
        }
        return backups
    }
}

extension BackupDesk {
    fileprivate func require(_ id: BackupID) throws -> BackupRecord {
        guard let backup = backup(id) else {
            throw AdminRefusal.notFound(
                "there is no such backup: the server knows those that it has made since its start"
            )
        }
        return backup
    }
}

extension BackupRecord {
    /// - Throws: ``AdminRefusal/conflict(_:)`` when there is none.
    fileprivate func copy() throws(AdminRefusal) -> BackupFile {
        switch state {
        case .done(let file): return file
        case .running(let copied, let size):
            throw .conflict(
                "the backup is under way (\(copied) of \(size) bytes): ask again until it is done"
            )
        case .failed(let reason): throw .conflict("the backup has failed (\(reason)): make another one")
        }
    }
}
