import OAuth
import Primitives
import Testing

@testable import AuthorizationServer

@Suite("Status of a grant, and the board: draft-ietf-oauth-status-list §4, §7")
struct StatusTests {
    private static let now = NumericDate(1_700_000_000)
    private static let list = StatusListID(0x0102_0304_0506_0708)

    private func reference(_ index: Int64, in list: StatusListID? = list) throws -> StatusReference {
        let list = try #require(list)
        return try #require(StatusReference(list: list, index: index))
    }

    private static let alive = GrantStanding(isRevoked: false, expiresAt: now.advanced(by: 1))
    private static let revoked = GrantStanding(isRevoked: true, expiresAt: nil)
    private static let disabled = GrantStanding(isRevoked: false, isDisabled: true, expiresAt: nil)
    private static let expired = GrantStanding(isRevoked: false, isDisabled: true, expiresAt: now)

    @Test(arguments: [
        (alive, nil, StatusValue.valid), (revoked, nil, .invalid), (disabled, nil, .suspended),
        (expired, nil, .invalid), (alive, alive, .valid), (alive, revoked, .invalid),
        (alive, expired, .invalid),
        (disabled, alive, .suspended), (disabled, revoked, .invalid), (disabled, expired, .invalid),
        (revoked, alive, .invalid), (expired, alive, .invalid),
    ])
    func `what has ended is INVALID, else what a disabled key gave is SUSPENDED`(
        key: GrantStanding,
        family: GrantStanding?,
        value: StatusValue
    ) {
        #expect(StatusValue(key: key, family: family, at: Self.now) == value)
    }

    @Test
    func `entries lie in the bytes as the draft has them, the lowest bits first`() throws {
        let list = StatusList()
        // The two-bit example of §4.2, where it has values that we have: 1 2 0 _ 0 1 0 1 1 2 _ _.
        for (index, value) in [1, 2, 0, 0, 0, 1, 0, 1, 1, 2, 0, 0].enumerated() {
            list.set(Int32(index), to: try #require(StatusValue(rawValue: UInt8(value))))
        }
        #expect(list.snapshot.bytes.count == 32_768)
        #expect(list.snapshot.bytes.prefix(4) == [0xC9 & 0x3F, 0x44, 0xF9 & 0x0F, 0])
        list.set(131_071, to: .suspended)
        #expect(list.snapshot.bytes.last == 0b1000_0000)
        #expect(list.value(131_071) == .suspended && list.value(131_070) == .valid)
    }

    @Test
    func `only a value that becomes another is a change`() {
        let list = StatusList()
        list.set(5, to: .valid)
        #expect(list.changes == 0)
        list.set(5, to: .invalid)
        list.set(5, to: .invalid)
        #expect(list.changes == 1)
        list.set(5, to: .valid)
        #expect(list.changes == 2 && list.value(5) == .valid)
    }

    @Test
    func `a list that nobody knows is INVALID once everything is loaded`() throws {
        let board = StatusBoard()
        board.set(try reference(3), to: .suspended)
        board.finishLoading()
        #expect(board.value(try reference(3)) == .suspended)
        #expect(board.value(try reference(4)) == .valid)
        #expect(board.value(try reference(3, in: StatusListID(9))) == .invalid)
        #expect(board.ids == [Self.list])
    }

    // threats: REV-16
    @Test
    func `a withdrawn list is INVALID in every entry, and nothing changes that`() throws {
        let board = StatusBoard()
        board.set(try reference(0), to: .suspended)
        board.add(try #require(Self.list), isWithdrawn: true)
        board.set(try reference(0), to: .valid)
        for index in [0, 1, 77_777, 131_071] as [Int64] {
            #expect(board.value(try reference(index)) == .invalid)
        }
    }

    @Test
    func `the name of a list has one spelling`() throws {
        let list = try #require(Self.list)
        #expect(StatusListID(text: list.text) == list)
        #expect(String(decoding: list.text, as: UTF8.self) == "AQIDBAUGBwg")
        for text in [
            "AQIDBAUGBwh", "AQIDBAUGBwg=", "AQIDBAUGBw", "", "AAAAAAAAAAA", "_____________", "gAAAAAAAAAA",
        ] {
            #expect(StatusListID(text: Array(text.utf8)) == nil, "\(text)")
        }
    }
}
