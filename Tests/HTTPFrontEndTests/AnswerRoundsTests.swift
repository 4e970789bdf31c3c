import HTTPFrontEnd
import NIOEmbedded
import Testing

@Suite("What one turn of the event loop reads is answered together")
struct AnswerRoundsTests {
    /// A loop of connections that are numbers.
    private final class Desk {
        let loop = EmbeddedEventLoop()
        var steps: [String] = []
        /// Who asks again when one is told its answer.
        var follower: [Int: Int] = [:]
        private(set) lazy var rounds: AnswerRounds<Int> = AnswerRounds(
            on: loop,
            answer: { [unowned self] number in self.steps.append("answer \(number)") },
            send: { [unowned self] number in
                self.steps.append("send \(number)")
                if let next = self.follower[number] { self.rounds.add(next) }
            }
        )
    }

    @Test
    func `everything is worked out before the first answer is written, in the order of the questions`() {
        let desk = Desk()
        for number in 1...3 { desk.rounds.add(number) }
        #expect(desk.steps == [], "the turn may bring more")
        desk.loop.run()
        #expect(desk.steps == ["answer 1", "answer 2", "answer 3", "send 1", "send 2", "send 3"])
    }

    @Test
    func `a full round does not wait for the end of the turn`() {
        let desk = Desk()
        let size = AnswerRounds<Int>.size
        for number in 1...size + 1 { desk.rounds.add(number) }
        #expect(desk.steps.count == 2 * size)
        #expect(!desk.steps.contains("answer \(size + 1)"))
        desk.loop.run()
        #expect(desk.steps.suffix(2) == ["answer \(size + 1)", "send \(size + 1)"])
    }

    @Test
    func `who asks while answers are written is in the next round`() {
        let desk = Desk()
        desk.follower = [1: 3]
        desk.rounds.add(1)
        desk.rounds.add(2)
        desk.loop.run()
        #expect(desk.steps == ["answer 1", "answer 2", "send 1", "send 2", "answer 3", "send 3"])
    }

    @Test
    func `each turn has a round of its own`() {
        let desk = Desk()
        for number in 1...4 {
            desk.rounds.add(number)
            desk.loop.run()
        }
        #expect(desk.steps == (1...4).flatMap { ["answer \($0)", "send \($0)"] })
    }
}
