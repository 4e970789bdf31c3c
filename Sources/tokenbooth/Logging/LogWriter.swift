import Dispatch
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Writes finished log lines to a descriptor from a thread of its own.
///
/// The caller is never blocked, whatever the descriptor does: it hands its lines to a bounded queue under
/// one short lock. When the buffer is full, the lines are dropped and counted, and the count is reported as a
/// line of its own as soon as there is room again.
final class LogWriter: Sendable {
    private struct State {
        /// As they came: one array of all would be copied, and take twice their room, whenever it grows.
        var pending: [[UInt8]] = []
        var pendingBytes = 0
        /// Lines that found the buffer full since the last report.
        var dropped = 0
        /// Whether the thread sleeps until it is woken; while it gathers, nobody needs to wake it.
        var isIdle = true
        var waiters: [DispatchSemaphore] = []
    }

    private let state = Mutex(State())
    /// Lines that were dropped since the start.
    let droppedLines = Atomic<Int>(0)
    private let wakeUp = DispatchSemaphore(value: 0)
    private let descriptor: CInt
    private let capacity: Int
    private let droppedLine: @Sendable (Int) -> [UInt8]

    /// How long lines are gathered before they are written together, in milliseconds.
    private static let gathering: UInt32 = 5

    /// Starts the thread, which lives as long as the process.
    ///
    /// - Parameters:
    ///   - descriptor: Stays open for as long as the process runs.
    ///   - capacity: Bytes that may wait; 1 MiB by default.
    ///   - droppedLine: The line that reports a number of dropped ones, with its line feed.
    init(
        descriptor: CInt = STDERR_FILENO,
        capacity: Int = 1 << 20,
        droppedLine: @escaping @Sendable (Int) -> [UInt8]
    ) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.droppedLine = droppedLine
        startThread()
    }

    /// Hands over lines, each with its line feed, and never blocks.
    func write(_ lines: [UInt8]) {
        let mustWake = state.withLock { state in
            guard lines.count <= capacity - state.pendingBytes else {
                drop(Self.count(lines[...]), in: &state)
                return false
            }
            state.pending.append(lines)
            state.pendingBytes += lines.count
            defer { state.isIdle = false }
            return state.isIdle
        }
        if mustWake { wakeUp.signal() }
    }

    /// Waits until everything that was written before is with the operating system.
    ///
    /// - Parameter timeout: Milliseconds; a pipe that nobody reads must not hold up a shutdown.
    /// - Returns: Whether it is.
    @discardableResult
    func flush(timeout: Int = 2000) -> Bool {
        let done = DispatchSemaphore(value: 0)
        state.withLock { state in
            state.waiters.append(done)
            state.isIdle = false
        }
        wakeUp.signal()
        let end = ContinuousClock.now + .milliseconds(timeout)
        while done.wait(timeout: .now()) != .success {
            guard ContinuousClock.now < end else { return false }
            Self.sleep(milliseconds: 1)
        }
        return true
    }

    /// For as long, whoever sets the clock meanwhile: the end of a semaphore's wait is a time of the wall clock, and
    /// one that is set back an hour would hold it, and with it the log, for an hour.
    private static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }

    private func startThread() {
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let context = unsafe Unmanaged.passRetained(self)
        let status = unsafe pthread_create(
            &thread,
            nil,
            { context in
                #if canImport(Darwin)
                let writer = unsafe Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue()
                #else
                guard let context = unsafe context else { return nil }
                let writer = unsafe Unmanaged<LogWriter>.fromOpaque(context).takeRetainedValue()
                #endif
                writer.run()
                return nil
            },
            context.toOpaque()
        )
        if status != 0 { unsafe context.release() }
    }

    private func run() {
        while true {
            wakeUp.wait()
            repeat {
                Self.sleep(milliseconds: Self.gathering)
                var taken = takePending()
                if taken.dropped > 0 { taken.pending.append(droppedLine(taken.dropped)) }
                var unwritten = 0
                for lines in taken.pending { unwritten += writeAll(lines) }
                if unwritten > 0 { state.withLock { drop(unwritten, in: &$0) } }
                for waiter in taken.waiters { waiter.signal() }
            } while !becomeIdle()
        }
    }

    private func drop(_ count: Int, in state: inout State) {
        state.dropped &+= count
        droppedLines.wrappingAdd(count, ordering: .relaxed)
    }

    private func takePending() -> State {
        state.withLock { state in
            defer { state = State(isIdle: state.isIdle) }
            return state
        }
    }

    private func becomeIdle() -> Bool {
        state.withLock { state in
            state.isIdle = state.pending.isEmpty && state.waiters.isEmpty
            return state.isIdle
        }
    }

    /// - Returns: Lines that could not be written; a closed descriptor loses them all.
    private func writeAll(_ lines: [UInt8]) -> Int {
        var written = 0
        while written < lines.count {
            let count = unsafe lines.withUnsafeBytes { buffer in
                unsafe systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]))
            }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&request, 1, 1000)
            } else if errno != EINTR {
                return Self.count(lines[written...])
            }
        }
        return 0
    }

    private static func count(_ lines: ArraySlice<UInt8>) -> Int { lines.count { $0 == UInt8(ascii: "\n") } }
}

private func systemWrite(_ descriptor: CInt, _ buffer: UnsafeRawBufferPointer) -> Int {
    unsafe write(descriptor, buffer.baseAddress, buffer.count)
}
