import AuthorizationServer
import Glibc
import HTTPFrontEnd
import Logging
import OAuth
import SQLiteStore
import Synchronization
import Testing

@testable import tokenbooth

@Suite("The heartbeat")
struct HeartbeatTests {
    private let scratch = Scratch()
    private let now = NumericDate(1_800_000_000)

    // A directory in the file's place fails for root, too.
    // threats: OPS-04
    @Test
    func `while the epoch file cannot be written the time that upkeep goes by moves on`() async throws {
        let keys = try KeysDirectory(opening: scratch.path + "/keys")
        let store = try SQLiteStore.inMemory()
        let course = Course(
            clock: ClockGuard(latest: now.advanced(by: -1000)),
            epoch: EpochKeeper(store: store, keys: keys, written: 0),
            notBefore: NumericDate(0)
        )
        let (seconds, logger) = (now.seconds, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let heartbeat = Heartbeat(
            store: store,
            clock: WallClock { (seconds, 0) },
            course: course,
            logger: logger
        )
        let file = scratch.directory("keys/epoch")
        for failures in 1...2 {
            await #expect(throws: FileError.self) { try await heartbeat.beat(true) }
            #expect(course.clock.forgettable(now.advanced(by: 50)) == now.advanced(by: 50))
            #expect(course.clock.latest == now)
            #expect(course.epoch.failures.load(ordering: .relaxed) == failures)
        }
        #expect(unsafe rmdir(file) == 0)
        // The next beat makes good what is missing, whether there were changes or not.
        try await heartbeat.beat(false)
        #expect(try keys.epoch() == 2)
        #expect(try await store.continuity().epoch == 2)
        store.close()
    }
}
