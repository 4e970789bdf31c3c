import HTTPFrontEnd
import NIOCore
import NIOEmbedded
import Testing

@Suite("Who reads in a turn of the event loop")
struct ReadingTurnsTests {
    /// A loop of connections that are numbers, with a clock that is set by hand.
    private final class Crowd {
        let loop = EmbeddedEventLoop()
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var admitted: [Int] = []
        var gone: Set<Int> = []
        private(set) lazy var turns = ReadingTurns<Int>(
            on: loop,
            now: { [unowned self] in self.now },
            { [unowned self] number in
                guard !self.gone.contains(number) else { return false }
                self.admitted.append(number)
                return true
            }
        )

        init(isWatching: Bool = true) { turns.isWatching = isWatching }

        /// One turn: each reads, is answered, and wants to read again.
        ///
        /// - Returns: Who may read at once.
        func turn(_ numbers: some Sequence<Int>, each time: TimeAmount) -> [Int] {
            var free: [Int] = []
            for number in numbers {
                turns.hasRead(at: now)
                if !turns.holds(number, lastRead: now) { free.append(number) }
                now = now + time
            }
            loop.run()
            return free
        }

        /// Those whose turn it is after the next millisecond.
        func next() -> [Int] {
            admitted = []
            loop.advanceTime(by: .milliseconds(1))
            return admitted
        }
    }

    @Test
    func `as long as turns are short everybody reads on`() {
        let crowd = Crowd()
        for _ in 0..<5 { #expect(crowd.turn(0..<100, each: .microseconds(50)) == Array(0..<100)) }
        #expect(crowd.turns.waiting == 0)
    }

    @Test
    func `what a turn reads past ten milliseconds stands in line, and then everybody in order`() {
        let crowd = Crowd()
        #expect(crowd.turn(0..<100, each: .microseconds(200)) == Array(0...50))
        #expect(crowd.turn(0..<10, each: .microseconds(1)) == [], "the line is for all")
        var order: [Int] = []
        while crowd.turns.waiting > 0 { order += crowd.next() }
        #expect(order == Array(51..<100) + Array(0..<10))
        #expect(crowd.turn(0..<10, each: .microseconds(50)) == Array(0..<10), "and then it is over")
    }

    @Test
    func `fewer read after turns that were too long, and more after short ones`() {
        let crowd = Crowd()
        _ = crowd.turn(0..<1_000, each: .microseconds(200))
        let first = crowd.next()
        _ = crowd.turn(first, each: .microseconds(5))
        for _ in 0..<8 { _ = crowd.turn(crowd.next(), each: .microseconds(5)) }
        let second = crowd.next()
        #expect(second.count > first.count)
        _ = crowd.turn(second, each: .milliseconds(1))
        let third = crowd.next()
        #expect(third.count < second.count && !third.isEmpty)
    }

    @Test
    func `one that has gone takes nobody's turn`() {
        let crowd = Crowd()
        _ = crowd.turn(0..<200, each: .microseconds(200))
        crowd.gone = Set(51..<180)
        #expect(crowd.next().count > 1)
        while crowd.turns.waiting > 0 { _ = crowd.next() }
        #expect(crowd.admitted.last == 199)
    }

    @Test
    func `those who wait read as many as newcomers, however long their turns are`() {
        let crowd = Crowd()
        _ = crowd.turn(0..<1_000, each: .microseconds(200))
        for _ in 0..<20 {
            crowd.turns.hasRead(at: crowd.now)
            crowd.now = crowd.now + .milliseconds(30)
            #expect(crowd.turn(crowd.next(), each: .microseconds(50)) == [])
        }
        #expect(crowd.next().count >= 32)
    }

    @Test
    func `a crowd that has gone leaves no line behind`() {
        let crowd = Crowd()
        _ = crowd.turn(0..<1_000, each: .microseconds(200))
        for _ in 0..<10 { _ = crowd.turn(crowd.next(), each: .milliseconds(1)) }
        crowd.gone = Set(0..<960)
        crowd.turns.isWatching = false
        for _ in 0..<20 { _ = crowd.turn(crowd.next(), each: .microseconds(50)) }
        #expect(crowd.turns.waiting == 0)
    }

    @Test
    func `where there are few connections nothing is measured`() {
        let crowd = Crowd(isWatching: false)
        #expect(crowd.turn(0..<64, each: .milliseconds(10)) == Array(0..<64))
    }
}
