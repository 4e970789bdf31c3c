import AdminAPI
import Administration
import OAuth
import Primitives

extension AdminEndpoint {
    func exportKeys(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["limit", "cursor", "include_revoked"])
        let maximum = Administration.exportLimit
        let page = try await administration.exportKeys(
            includesRevoked: try query.flag("include_revoked"),
            page: try query.page(standard: maximum, maximum: maximum) { KeyID(parsing: $0) != nil },
            by: request.administrator,
            at: request.now
        )
        return .ok(ListMessage(page) { $0.row.json }.json)
    }

    func importKeys(_ request: AdminRequest) async throws -> AdminAnswer {
        let query = try AdminQuery(request.query, known: ["dry_run"])
        let isDryRun = try query.flag("dry_run")
        try await administration.requireTransfer(by: request.administrator, at: request.now)
        guard let lines = try request.lines(atMost: Administration.importLimit) else {
            throw AdminRefusal.invalidInput([
                FieldMistake(
                    "",
                    "must have at most \(Administration.importLimit) rows: send them in parts"
                )
            ])
        }
        let report = try await administration.importKeys(
            lines.map { KeyImportLine(number: $0.number, row: Self.row(Array($0.text))) },
            isDryRun: isDryRun,
            by: request.administrator,
            at: request.now
        )
        return .ok(report.json)
    }

    private static func row(_ text: [UInt8]) -> Result<KeyImportRow, InvalidMessage> {
        let value: JSONValue
        do { value = try JSONValue(parsing: text) } catch {
            return .failure(InvalidMessage([FieldMistake("", "is not JSON: \(error)")]))
        }
        do throws(InvalidMessage) { return .success(try KeyImportRow(parsing: value)) } catch {
            return .failure(error)
        }
    }
}
