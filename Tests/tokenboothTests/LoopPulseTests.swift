import Dispatch
import NIOCore
import NIOPosix
import Testing

@testable import tokenbooth

@Suite("Watchdog")
struct LoopPulseTests {
    @Test
    func `there is no sign of life while one event loop hangs, and there is one afterwards`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        try await LoopPulse(group: group).beat()
        let last = try #require(group.makeIterator().reversed().first)
        let gate = DispatchSemaphore(value: 0)
        last.execute { gate.wait() }
        let beat = Task { try await LoopPulse(group: group).beat() }
        let isEarly = await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask { (try? await beat.value) != nil }
            tasks.addTask {
                try? await Task.sleep(for: .milliseconds(300))
                return false
            }
            let first = await tasks.next() ?? true
            gate.signal()
            return first
        }
        #expect(!isEarly)
        try await beat.value
        try await group.shutdownGracefully()
    }
}
