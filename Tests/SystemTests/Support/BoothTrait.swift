import Testing

/// Gives a suite a running booth, and checks after each of its tests what must hold after any.
struct BoothTrait: SuiteTrait, TestTrait, TestScoping {
    let arguments: [String]
    let configuration: String

    var isRecursive: Bool { true }

    func scopeProvider(for test: Test, testCase: Test.Case?) -> BoothTrait? {
        (testCase == nil) == test.isSuite ? self : nil
    }

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        guard test.isSuite else {
            try await function()
            return try AfterEachTest.check(try Booth.current)
        }
        let booth = try Booth(arguments, configuration: configuration)
        let baseline = try Baseline(booth)
        try await Booth.$running.withValue(booth) { try await function() }
        baseline.checkIsBack(booth)
        AfterEachTest.searchFiles(booth)
        try AfterEachTest.stop(booth)
    }
}

extension Trait where Self == BoothTrait {
    /// A booth with its default settings.
    static var booth: BoothTrait { BoothTrait(arguments: [], configuration: "") }

    static func booth(_ arguments: [String] = [], configuration: String = "") -> BoothTrait {
        BoothTrait(arguments: arguments, configuration: configuration)
    }
}
