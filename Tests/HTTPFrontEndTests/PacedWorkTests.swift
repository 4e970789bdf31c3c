import HTTPFrontEnd
import NIOCore
import NIOEmbedded
import Testing

@Suite("Work that is spread over turns of the event loop")
struct PacedWorkTests {
    private final class Done { var items: [Int] = [] }

    @Test
    func `a share is done at once, the next a millisecond later, and others get in between`() {
        let loop = EmbeddedEventLoop()
        let done = Done()
        let work = PacedWork<Int>(on: loop, share: 32) { done.items.append($0) }
        work.add(0..<100)
        #expect(done.items == Array(0..<32) && !work.isDone)
        loop.run()
        #expect(done.items.count == 32, "a turn of the loop that looks at no socket is none")
        loop.advanceTime(by: .milliseconds(1))
        #expect(done.items.count == 64)
        loop.advanceTime(by: .milliseconds(2))
        #expect(done.items == Array(0..<100) && work.isDone)
    }

    @Test
    func `what comes while others wait is done after them, and nothing twice`() {
        let loop = EmbeddedEventLoop()
        let done = Done()
        let work = PacedWork<Int>(on: loop, share: 2) { done.items.append($0) }
        work.add([1, 2, 3])
        work.add([4, 5])
        #expect(done.items == [1, 2])
        loop.advanceTime(by: .milliseconds(5))
        #expect(done.items == [1, 2, 3, 4, 5] && work.isDone)
        work.add([6])
        work.add([])
        #expect(done.items.last == 6 && work.isDone)
    }
}
