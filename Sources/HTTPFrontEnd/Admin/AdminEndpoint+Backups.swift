import AdminAPI
import Administration
import OAuth
import Primitives

extension AdminEndpoint {
    /// Bytes of one answer; whoever fetches a copy asks for one part after another.
    private static let partLength = 4 << 20

    func createBackup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let backup = try await administration.createBackup(by: request.administrator, at: request.now)
        var answer = AdminAnswer.created(backup.message.json, in: "backups", backup.id.description)
        answer.status = 202
        return answer
    }

    func getBackup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        let backup = try await administration.getBackup(
            try request.backupID(),
            by: request.administrator,
            at: request.now
        )
        return .ok(backup.message.json)
    }

    func readBackup(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["offset"])
        let part = try await administration.readBackup(
            try request.backupID(),
            from: try query.offset("offset"),
            length: Self.partLength,
            by: request.administrator,
            at: request.now
        )
        return AdminAnswer(status: 200, contentType: "application/octet-stream", body: part, location: nil)
    }

    func deleteBackup(_ request: AdminRequest) async throws -> AdminAnswer {
        try request.requireNoQuery()
        try await administration.deleteBackup(
            try request.backupID(),
            by: request.administrator,
            at: request.now
        )
        return .noContent
    }
}

extension AdminRequest {
    fileprivate func backupID() throws -> BackupID { try identifier(BackupKind.self, "backup") }
}

extension AdminQuery {
    /// Bytes from the beginning; 0 when it is not given.
    ///
    /// - Throws: A ``Problem`` with status 400.
    fileprivate func offset(_ name: String) throws(Problem) -> Int64 {
        guard let text = self[name] else { return 0 }
        guard let offset = Int(decimal: Array(text.utf8)[...], upTo: 999_999_999_999_999) else {
            throw AdminProblem.invalidQuery("\(name) must be a number of bytes")
        }
        return Int64(offset)
    }
}
