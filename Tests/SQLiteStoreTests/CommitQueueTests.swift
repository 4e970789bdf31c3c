import AuthorizationServer
import Dispatch
import Testing

@testable import SQLiteStore

@Suite("Which changes go to the disk together")
struct CommitQueueTests {
    private struct Waiting: Mutation {
        var isOneStatement: Bool { true }
        var carrier: (any AnswerCarrier)? { nil }
        func apply(to transaction: StoreTransaction) {}
        func settle(with fault: StoreUnavailable?) {}
    }

    private let queue = CommitQueue(capacity: 8)

    private func append(_ count: Int, after milliseconds: Int = 0) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [queue] in
            for _ in 0..<count { _ = queue.append(Waiting()) }
        }
    }

    private func seconds(_ body: () -> Void) -> Double {
        ContinuousClock().measure(body) / .seconds(1)
    }

    @Test
    func `a change waits for as many as are expected, and no longer`() {
        append(1)
        append(2, after: 100)
        #expect(queue.next(upTo: 8, company: 3, patience: .seconds(60))?.count == 3)
    }

    @Test
    func `when nobody comes it goes alone`() {
        append(1)
        let waited = seconds {
            #expect(queue.next(upTo: 8, company: 3, patience: .milliseconds(50))?.count == 1)
        }
        #expect(waited >= 0.05)
    }

    @Test
    func `the time runs from the first change, not from when the last batch left`() {
        append(1, after: 1_000)
        append(1, after: 1_100)
        #expect(queue.next(upTo: 8, company: 2, patience: .seconds(1))?.count == 2)
    }

    @Test
    func `who comes after one alone does not wait, and nobody waits for more than fit`() {
        append(1)
        #expect(queue.next(upTo: 8, company: 1, patience: .seconds(60))?.count == 1)
        append(5)
        #expect(queue.next(upTo: 2, company: 100, patience: .seconds(60))?.count == 2)
        #expect(queue.next(upTo: 8, company: 3, patience: .seconds(60))?.count == 3)
    }

    @Test
    func `what waits for company when the queue closes goes at once`() {
        append(1)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { [queue] in queue.close() }
        #expect(queue.next(upTo: 8, company: 3, patience: .seconds(60))?.count == 1)
        #expect(queue.next(upTo: 8) == nil)
    }
}
