package import AdminAPI
import AuthorizationServer
package import OAuth
import Primitives

/// One line of an import's body: a row, or why it is none.
package struct KeyImportLine: Sendable {
    /// From 1, in the body.
    package var number: Int
    package var row: Result<KeyImportRow, InvalidMessage>

    package init(number: Int, row: Result<KeyImportRow, InvalidMessage>) {
        self.number = number
        self.row = row
    }
}

extension Administration {
    /// Rows of one import at most: it bounds for how long others wait for the writer.
    package static let importLimit = 2_000

    /// Whether the administrator may import at all: to be asked before a large body is read.
    ///
    /// - Throws: As ``importKeys(_:isDryRun:by:at:)``.
    package func requireTransfer(by administrator: Administrator, at now: NumericDate) async throws {
        try await read(.importKeys, by: administrator, at: now) { _, standing in try standing.mayTransfer() }
    }

    /// Takes over keys from an export: those that are not here yet, and changes none that is.
    ///
    /// All rows of one call that can be taken become durable together.
    ///
    /// - Parameter isDryRun: Only says what would happen.
    /// - Throws: ``AdminRefusal/notHeld(_:)`` for whoever is no super admin; ``AdminRefusal/missingScope(_:)``; any
    ///   other error is a store failure, and then nothing was changed.
    package func importKeys(
        _ lines: [KeyImportLine],
        isDryRun: Bool,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> KeyImportReport {
        let limits = limits
        if isDryRun {
            return try await read(.importKeys, by: administrator, at: now) { reader, standing in
                try standing.mayTransfer()
                var judge = try KeyImportJudge(lines, limits, importer: standing.id, in: reader, at: now)
                let results = try lines.map { try judge.result(of: $0, in: reader) }
                return KeyImportReport(isDryRun: true, results: results)
            }
        }
        return try await write(.importKeys, by: administrator, at: now) { writer, standing in
            try standing.mayTransfer()
            var judge = try KeyImportJudge(lines, limits, importer: standing.id, in: writer, at: now)
            let results = try lines.map { try judge.result(of: $0, in: writer) }
            try writer.insert(judge.accepted, at: now)
            let report = KeyImportReport(isDryRun: false, results: results)
            standing.note("", report.counts)
            return report
        }
    }
}

/// Judges the rows of one import, one after the other, as if each were a creation.
struct KeyImportJudge {
    let limits: AdministrationLimits
    /// The owner of keys whose own is not here.
    let importer: KeyID
    let now: NumericDate
    /// To be inserted in this order.
    private(set) var accepted: [KeyRecord] = []
    /// Which of the rows' keys are here, and which of their secrets, asked for once: nothing is written meanwhile.
    private let present: Set<KeyID>
    private let taken: Set<SHA256Digest>
    private var ids: Set<KeyID> = []
    private var digests: Set<SHA256Digest> = []
    private var owners: Set<KeyID> = []
    private var projects: [ByteString: ProjectRecord] = [:]
    /// Scopes that are in the catalogue.
    private var known: Set<ByteString> = []

    /// - Throws: Store failures only.
    init(
        _ lines: [KeyImportLine],
        _ limits: AdministrationLimits,
        importer: KeyID,
        in reader: any AdminReader,
        at now: NumericDate
    ) throws {
        self.limits = limits
        self.importer = importer
        self.now = now
        let transfers = lines.compactMap { line in
            if case .success(let row) = line.row { row.transfer } else { nil }
        }
        let present = try reader.known(transfers.map(\.id))
        var digests: [SHA256Digest] = []
        for transfer in transfers where !present.contains(transfer.id) {
            digests.append(transfer.digest)
            if let previous = transfer.previous { digests.append(previous.digest) }
        }
        self.present = present
        taken = try reader.taken(digests)
    }

    /// - Throws: Store failures only.
    mutating func result(of line: KeyImportLine, in reader: any AdminReader) throws -> KeyImportResult {
        switch line.row {
        case .failure(let invalid):
            return KeyImportResult(line: line.number, id: nil, outcome: .refused, mistakes: invalid.mistakes)
        case .success(let row):
            var result = KeyImportResult(line: line.number, id: row.transfer.id, outcome: .created)
            do {
                (result.outcome, result.mistakes) = try judge(row, in: reader)
            } catch AdminRefusal.invalidInput(let mistakes) {
                result.outcome = .refused
                result.mistakes = mistakes
            }
            return result
        }
    }

    private mutating func judge(
        _ row: KeyImportRow,
        in reader: any AdminReader
    ) throws -> (KeyImportResult.Outcome, [FieldMistake]) {
        let project = try project(of: row, in: reader)
        let old = present.contains(row.transfer.id) ? try reader.key(row.transfer.id) : nil
        var owner = row.transfer.owner
        if let given = owner, try !isHere(given, in: reader) { owner = nil }
        var key = try row.fields.record(
            id: row.transfer.id,
            digest: row.transfer.digest,
            hint: row.transfer.hint,
            project: project,
            owner: owner ?? old?.owner ?? importer,
            in: reader,
            at: row.transfer.createdAt
        )
        key.takeOver(row.transfer, at: now)
        if let old { return compared(key, old, project) }
        guard !ids.contains(key.id) else { return (.conflict, [Self.repeated("/id")]) }
        let mine = [key.digest] + (key.previousSecret.map { [$0.digest] } ?? [])
        guard Set(mine).count == mine.count else {
            throw AdminRefusal.invalidInput([.init("/rotation/previous_digest", "is the current secret's")])
        }
        for digest in mine where digests.contains(digest) || taken.contains(digest) {
            return (.conflict, [FieldMistake("/digest", "another key has this secret")])
        }
        try check(key, in: project, reader)
        ids.insert(key.id)
        digests.formUnion(mine)
        accepted.append(key)
        return (.created, [])
    }

    private func compared(_ key: KeyRecord, _ old: KeyRecord, _ project: ProjectRecord)
        -> (KeyImportResult.Outcome, [FieldMistake])
    {
        let texts = [key, old].map { record in
            record.exported(record.project == project.id ? project.name : nil, at: now).json.serialized
        }
        if texts[0] == texts[1] { return (.unchanged, []) }
        return (.conflict, [FieldMistake("/id", "this key is here and differs: an import changes no key")])
    }

    private static func repeated(_ pointer: String) -> FieldMistake {
        FieldMistake(pointer, "stands in an earlier row of this import")
    }

    /// As at a creation, at the time of which an expiry was still to come.
    private mutating func check(_ key: KeyRecord, in project: ProjectRecord, _ reader: any AdminReader) throws
    {
        var mistakes: [FieldMistake] = []
        for (pointer, date) in [
            ("/created_at", key.createdAt), ("/revoked_at", key.revokedAt ?? now),
            ("/rotation/current_revoked_at", key.secretRevokedAt ?? now),
        ] where date > now { mistakes.append(FieldMistake(pointer, "must not be in the future")) }
        if let end = key.previousSecret?.expiresAt, end > now.advanced(by: KeyRotationPatch.maximum) {
            mistakes.append(
                FieldMistake(
                    "/rotation/previous_expires_at",
                    "must be at most \(KeyRotationPatch.maximum) seconds ahead"
                )
            )
        }
        guard mistakes.isEmpty else { throw AdminRefusal.invalidInput(mistakes) }
        let draft = KeyDraft(key: key, old: nil, project: project)
        let catalogued = key.scopes.filter { known.contains(ByteString($0)) }
        try draft.check(limits: limits, in: reader, at: key.createdAt, catalogued: catalogued)
        if catalogued.count < key.scopes.count { known.formUnion(key.scopes.map(ByteString.init)) }
    }

    private mutating func isHere(_ owner: KeyID, in reader: any AdminReader) throws -> Bool {
        if owners.contains(owner) || ids.contains(owner) || present.contains(owner) { return true }
        guard try reader.key(owner) != nil else { return false }
        owners.insert(owner)
        return true
    }

    /// By its identifier; in another installation by its name.
    private mutating func project(of row: KeyImportRow, in reader: any AdminReader) throws -> ProjectRecord {
        let given = [row.fields.project, row.transfer.projectName].compactMap(\.self)
        for text in given.isEmpty ? [Administration.defaultProject] : given {
            if let known = projects[ByteString(text)] { return known }
            guard let project = try reader.project(given: text) else { continue }
            projects[ByteString(text)] = project
            return project
        }
        throw AdminRefusal.invalidInput([
            FieldMistake(
                "/project",
                "there is no such project, nor one of that name: create it first"
            )
        ])
    }
}

extension KeyRecord {
    /// The members that no creation sets.
    fileprivate mutating func takeOver(_ transfer: KeyTransfer, at now: NumericDate) {
        isDisabled = transfer.isDisabled
        revokedAt = transfer.revokedAt
        secretRevokedAt = transfer.currentRevokedAt
        previousSecret = transfer.previous.flatMap { previous in
            guard previous.expiresAt > now else { return nil }
            return PreviousSecret(
                digest: previous.digest,
                hint: previous.hint,
                expiresAt: previous.expiresAt
            )
        }
    }
}
