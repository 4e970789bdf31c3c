import ArgumentParser

/// How much of a list is fetched: one with an item for every key may be long.
struct LimitOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("At most so many; 0, the default of most lists, for all.", valueName: "number")
    )
    var limit: Int?

    func validate() throws {
        guard limit ?? 0 >= 0 else { throw ValidationError("--limit must not be negative.") }
    }

    /// `nil` for no bound.
    ///
    /// - Parameter usual: When it is left out.
    func atMost(_ usual: Int? = nil) -> Int? {
        guard let limit else { return usual }
        return limit == 0 ? nil : limit
    }
}
