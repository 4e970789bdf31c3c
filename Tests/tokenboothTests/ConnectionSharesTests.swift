import Testing

@testable import tokenbooth

@Suite("How many connections a listener may hold")
struct ConnectionSharesTests {
    @Test(arguments: [(182, 2), (1_024, 2), (1_024, 64), (65_536, 2), (1_048_576, 16), (.max, 8)])
    func `both listeners full leave a spare of 128, and the admin listener has an eighth`(
        files: Int,
        cores: Int
    ) throws {
        let shares = try ConnectionShares(files: files, wanted: nil, cores: cores)
        #expect(files - shares.public - shares.admin == 160 + 3 * cores)
        #expect(shares.admin == (shares.public + shares.admin) / 8)
    }

    @Test
    func `max_connections lowers both, and never raises one`() throws {
        let lowered = try ConnectionShares(files: 1_024, wanted: 50, cores: 2)
        #expect(lowered.public == 50 && lowered.admin == 50)
        #expect(lowered.warning(wanted: 50, files: 1_024) == nil)

        let between = try ConnectionShares(files: 1_024, wanted: 751, cores: 2)
        #expect(between.public == 751 && between.admin == 107)
        #expect(between.warning(wanted: 751, files: 1_024) == nil)

        let same = try ConnectionShares(files: 1_024, wanted: 1_000_000, cores: 2)
        #expect(same.public == 751 && same.admin == 107)
        let warning = same.warning(wanted: 1_000_000, files: 1_024)
        #expect(warning?.hasPrefix("max_connections is 1000000, but with 1024 open files") == true)
        #expect(same.warning(wanted: nil, files: 1_024) == nil)
    }

    @Test(arguments: [(181, 2), (64, 2), (0, 1), (367, 64)])
    func `a limit that leaves less than sixteen is refused with the limit that is needed`(
        files: Int,
        cores: Int
    ) throws {
        let refusal = try #require(throws: StartRefusal.self) {
            try ConnectionShares(files: files, wanted: nil, cores: cores)
        }
        let needed = 176 + 3 * cores
        #expect(refusal.description.contains("may open \(files) files, and needs \(needed) at least"))
        #expect(throws: Never.self) { try ConnectionShares(files: needed, wanted: nil, cores: cores) }
    }
}
