import NIOCore
import NIOPosix

/// The threads that answer requests.
enum EventLoops {
    /// NIO's own variable; what it says is taken.
    private static let variable = "NIO_SINGLETON_GROUP_LOOP_COUNT"

    /// Two for each core.
    ///
    /// To be called once, and before anything else in the process uses the group.
    ///
    /// A connection stays on its loop and a loop on one core at a time. With one for each core, whatever else needs
    /// a core (a proxy, a load generator) keeps one loop from running and leaves the other core idle, until the kernel
    /// moves a thread: some hundred milliseconds. Halves are divided more evenly.
    static func start() -> MultiThreadedEventLoopGroup {
        if ProcessEnvironment.variables[variable] == nil {
            NIOSingletons.groupLoopCountSuggestion = 2 * System.coreCount
        }
        return .singleton
    }
}
