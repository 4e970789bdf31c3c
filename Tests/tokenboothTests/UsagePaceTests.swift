import Testing

@testable import tokenbooth

@Suite("The pace at which counters are written")
struct UsagePaceTests {
    @Test
    func `few keys go in small batches, and many in as large ones as their time demands`() {
        var calm = UsagePace(within: .seconds(1_000))
        #expect((0..<3).map { _ in calm.batch(of: 1_000) } == [64, 64, 64])
        var crowded = UsagePace(within: .seconds(1_000))
        #expect(crowded.batch(of: .max / 2) == 64)
        #expect(crowded.batch(of: .max / 2) == 256)
    }

    @Test
    func `what is late, or may not pause, goes in the largest batches`() {
        var last = UsagePace(within: .zero)
        var late = UsagePace(within: .nanoseconds(1))
        #expect(last.batch(of: 1) == 256 && late.batch(of: 1) == 256)
    }
}
