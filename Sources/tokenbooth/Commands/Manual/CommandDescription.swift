import ArgumentParser
import Primitives

/// One command as swift-argument-parser describes it (`--experimental-dump-help`).
struct CommandDescription: Sendable {
    struct Argument: Sendable, Equatable {
        /// As it is typed: `--scope <scope>`, `<name>`; the short name first.
        let synopsis: String
        /// With brackets where it may be left out, and dots where it may be repeated.
        let usage: String
        let abstract: String
        let values: [String]
        /// Which options there are in every command is no news of one.
        let isCommon: Bool
    }

    /// From the root on: `keys create`.
    let path: String
    let abstract: String
    let discussion: String
    let arguments: [Argument]
    let subcommands: [CommandDescription]

    /// - Returns: `nil` when the library has changed what it dumps.
    init?(dumpedBy command: (some ParsableCommand).Type) {
        let text = Array(command._dumpHelp().utf8)
        let dump = try? JSONValue(parsing: text, maximumDepth: 64, rejectingNUL: false)
        guard let root = dump?.object?["command"]?.object else { return nil }
        self.init(root, path: [])
    }

    private init?(_ object: JSONObject, path: [String]) {
        guard let name = object["commandName"]?.string else { return nil }
        self.path = path.joined(separator: " ")
        abstract = object["abstract"]?.string ?? ""
        discussion = object["discussion"]?.string ?? ""
        arguments = (object["arguments"]?.array ?? []).compactMap { $0.object.flatMap(Argument.init) }
        subcommands = (object["subcommands"]?.array ?? []).compactMap { entry in
            guard let command = entry.object, let name = command["commandName"]?.string,
                name != "help", command["shouldDisplay"]?.bool != false
            else { return nil }
            return CommandDescription(command, path: path + [name])
        }
        guard !name.isEmpty else { return nil }
    }

    /// The commands that do something, in the order of the help.
    var leaves: [CommandDescription] { subcommands.isEmpty ? [self] : subcommands.flatMap(\.leaves) }
}

extension CommandDescription.Argument {
    fileprivate init?(_ object: JSONObject) {
        guard let kind = object["kind"]?.string, object["shouldDisplay"]?.bool != false else { return nil }
        let value = "<\(object["valueName"]?.string ?? "value")>"
        let names = (object["names"]?.array ?? []).compactMap { entry -> String? in
            guard let name = entry.object?["name"]?.string else { return nil }
            return (entry.object?["kind"]?.string == "long" ? "--" : "-") + name
        }
        let sorted = names.filter { !$0.hasPrefix("--") } + names.filter { $0.hasPrefix("--") }
        guard sorted.last != "--help", sorted.last != "--version" else { return nil }
        let suffix = kind == "option" ? " " + value : ""
        let typed = kind == "positional" ? value : (sorted.last ?? "") + suffix
        let dots = object["isRepeating"]?.bool == true ? " ..." : ""
        synopsis = kind == "positional" ? value : sorted.joined(separator: ", ") + suffix
        usage = object["isOptional"]?.bool == true ? "[\(typed)]\(dots)" : typed + dots
        abstract = object["abstract"]?.string ?? ""
        values = (object["allValues"]?.array ?? []).compactMap(\.string)
        isCommon = ["--url", "--key-file", "--key-stdin", "--ca-cert", "--output", "--quiet"]
            .contains(sorted.last ?? "")
    }
}
