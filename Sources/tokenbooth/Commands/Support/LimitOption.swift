import ArgumentParser

/// How much of a list is fetched: one with an item for every key may be long.
struct LimitOption: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many; 0, the default, for all.", valueName: "number"))
    var limit = 0

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit must not be negative.") }
    }

    /// `nil` for no bound.
    var atMost: Int? { limit == 0 ? nil : limit }
}
