import Administration
import OAuth
import Testing

@Suite("Identifiers that rise")
struct IdentifierTests {
    @Test
    func `each identifier is above the last, whatever the clock does`() {
        let generator = IdentifierGenerator()
        var last = generator.next(at: NumericDate(1_000))
        for seconds: Int64 in [1_000, 1_000, 999, -5, .min, 2_000, 1_999, .max, 3_000] {
            let next = generator.next(at: NumericDate(seconds))
            #expect(next > last)
            last = next
        }
    }

    @Test
    func `a later second gives an identifier of that second`() {
        let generator = IdentifierGenerator()
        _ = generator.next(at: NumericDate(1_000))
        #expect(generator.next(at: NumericDate(2_000)).high >> 16 == 2_000_000)
    }

    @Test
    func `of many hands at once each gets its own`() async {
        let generator = IdentifierGenerator()
        let all = await withTaskGroup(of: [ULID].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<1_000).map { _ in generator.next(at: NumericDate(1_000)) } }
            }
            return await group.reduce(into: Set<ULID>()) { $0.formUnion($1) }
        }
        #expect(all.count == 8_000)
    }
}
