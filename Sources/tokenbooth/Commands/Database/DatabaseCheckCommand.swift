import AdminAPI
import ArgumentParser
import AuthorizationServer
import JOSE
import OAuth
import Primitives
import SQLiteStore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

struct DatabaseCheckCommand: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the database and the keys that belong to it; exit 0 if all is well, 2 if not.",
        discussion: """
            For a server that does not run: it holds the same lock. Reads the whole database once. Takes the settings
            that `serve` takes; only the two directories matter.

              tokenbooth db check
              tokenbooth db check --config /etc/tokenbooth.yaml -o json
            """
    )

    @OptionGroup var options: SettingOptions

    @Option(name: .shortAndLong, help: "table or json.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Print only what is wrong.")
    var quiet = false

    func perform() async throws {
        let settings = try options.load()
        if !quiet, Terminal.isErrorTerminal { Terminal.note("Reading \(settings.dataDirectory) …") }
        let inspection = try StoreInspection(of: settings.dataDirectory)
        let faults = inspection.faults + Self.faultsOfKeys(inspection, in: settings.keysDirectory)
        switch output {
        case _ where quiet: break
        case .json: try Terminal.print(Self.json(inspection, faults))
        case .table:
            let table = Table(header: ["FIELD", "VALUE"], rows: Self.facts(inspection).map { [$0.0, $0.1] })
            try Terminal.print(table.lines(width: nil).joined(separator: "\n"))
        }
        guard faults.isEmpty else {
            throw CommandFailure(.wrong, output == .json && !quiet ? "" : faults.joined(separator: "\n"))
        }
        if !quiet, output == .table { try Terminal.print("All is well.") }
    }

    private static func facts(_ inspection: StoreInspection) -> [(String, String)] {
        var facts = [("database", inspection.path), ("size", ByteCount.text(inspection.size))]
        if inspection.isOlderSchema { facts.append(("schema", "older: the next `serve` changes it")) }
        if let continuity = inspection.continuity {
            facts.append(("epoch", "\(continuity.epoch)"))
            facts.append(("last seen", continuity.clock.rfc3339))
        }
        return facts + inspection.counts.map { ($0.name, "\($0.count)") }
    }

    private static func json(_ inspection: StoreInspection, _ faults: [String]) -> String {
        var object = JSONObject([
            ("database", .string(inspection.path)), ("size", .number(JSONNumber(inspection.size))),
            ("older_schema", .bool(inspection.isOlderSchema)),
            ("faults", .array(faults.map { .string($0) })),
        ])
        if let continuity = inspection.continuity {
            object["epoch"] = .number(JSONNumber(continuity.epoch))
            object["last_seen"] = .string(continuity.clock.rfc3339)
        }
        for (name, count) in inspection.counts {
            let member = String(name.lowercased().map { $0 == " " ? "_" : $0 })
            object[member] = .number(JSONNumber(Int64(count)))
        }
        return String(decoding: JSONValue.object(object).serialized, as: UTF8.self)
    }

    /// What `serve` would refuse to start with.
    private static func faultsOfKeys(_ inspection: StoreInspection, in path: String) -> [String] {
        guard let installation = inspection.installation else { return [] }
        do throws(FileError) {
            // Opening the directory would make it.
            _ = try FileHandle.open(path, flags: O_RDONLY | O_DIRECTORY)
            let directory = try KeysDirectory(opening: path)
            var faults: [String] = []
            let secret = try directory.refreshSecret()
            if secret.map({ RefreshSecret($0).id }) != installation.refreshSecretID {
                faults.append("\(path): the refresh secret is missing, or belongs to another database")
            }
            let files = try directory.signingKeys()
            for record in installation.signingKeys where record.stage == .active {
                guard !files.contains(where: { bytesEqual($0.kid, record.kid) }) else { continue }
                faults.append(
                    "\(path): the active signing key \(record.kid) has no file: restore it, or start with --accept-restore"
                )
            }
            let epoch = try directory.epoch()
            let own = inspection.continuity?.epoch ?? 0
            if epoch == nil, own > 0 { faults.append("\(path): the epoch file is missing") }
            if let epoch, own < epoch {
                faults.append(
                    "the database is older (epoch \(own)) than the keys (epoch \(epoch)): `serve` needs --accept-restore"
                )
            }
            return faults
        } catch { return [error.description] }
    }
}
