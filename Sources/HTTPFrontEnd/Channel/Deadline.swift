import NIOCore

/// The one time limit that a connection has at any moment.
///
/// Absolute: bytes that trickle in do not move it, only time for which the service did not read them. The event loop
/// looks at all of its connections four times a second, so that setting a limit costs an assignment and no timer.
struct Deadline {
    enum Purpose {
        case idle, header, body, writing, lingering
        /// A request is being answered: it has the limits of what answers it.
        case none
    }

    private(set) var purpose = Purpose.idle
    private(set) var time = NIODeadline.distantFuture

    mutating func set(_ purpose: Purpose, _ time: NIODeadline) {
        self.purpose = purpose
        self.time = time
    }

    /// Gives the client so much more time for a request that is on its way.
    mutating func move(by time: TimeAmount) {
        if purpose == .header || purpose == .body { self.time = self.time + time }
    }

    mutating func clear() { set(.none, .distantFuture) }

    func hasPassed(at now: NIODeadline) -> Bool { now >= time }
}
