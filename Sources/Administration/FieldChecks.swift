import AdminAPI
import AuthorizationServer
import OAuth
import Primitives

/// Collects the mistakes of a key, project, role or audience that its message alone does not show: they take the
/// catalogue, the configuration, or the row as it stood, since what stays as it was is not judged again.
struct FieldChecks {
    let limits: AdministrationLimits
    private(set) var mistakes: [FieldMistake] = []

    init(limits: AdministrationLimits) { self.limits = limits }

    mutating func add(_ pointer: String, _ detail: String) {
        mistakes.append(FieldMistake(pointer, detail))
    }

    /// What stands in `list` and not in `old` must be in the catalogue.
    mutating func catalogue(
        _ list: [String],
        besides old: [String],
        at pointer: String,
        in reader: any AdminReader
    ) throws {
        for (index, name) in added(list, besides: old) where try reader.scope(named: name) == nil {
            add("\(pointer)/\(index)", "there is no such scope in the catalogue: create it first")
        }
    }

    mutating func addresses(_ entries: [String]?, changing old: [String]?) {
        guard entries?.map(ByteString.init) != old?.map(ByteString.init) else { return }
        for (index, entry) in (entries ?? []).enumerated() {
            do {
                _ = try AddressRange(parsing: entry)
            } catch {
                add("/allowed_ips/\(index)", error.reason)
            }
        }
    }

    mutating func referrers(_ entries: [String]?, changing old: [String]?) {
        guard entries?.map(ByteString.init) != old?.map(ByteString.init) else { return }
        for (index, entry) in (entries ?? []).enumerated() where WebOrigin(parsing: entry.utf8) == nil {
            add(
                "/allowed_referrers/\(index)",
                "must be an origin as browsers send it, such as https://app.example or http://localhost:3000: "
                    + "lower case, no path, no default port"
            )
        }
    }

    mutating func lifetime(_ seconds: Int?) {
        guard let seconds, seconds > limits.maximumTokenLifetime else { return }
        add("/access_token_ttl", "must be at most \(limits.maximumTokenLifetime), this server's maximum")
    }

    /// - Throws: ``AdminRefusal/invalidInput(_:)`` when there was a mistake.
    func finish() throws {
        guard mistakes.isEmpty else { throw AdminRefusal.invalidInput(mistakes) }
    }
}

/// Entries of `list`, with their places, that are not in `old`.
func added(_ list: [String], besides old: [String]) -> [(index: Int, name: String)] {
    let old = Set(old.map(ByteString.init))
    return list.enumerated().filter { !old.contains(ByteString($1)) }.map { (index: $0, name: $1) }
}
