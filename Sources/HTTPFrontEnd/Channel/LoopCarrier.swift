import AuthorizationServer
import NIOCore

/// One hop to an event loop for all answers of a commit that are waited for there.
final class LoopCarrier: AnswerCarrier {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func carry(_ answers: @escaping @Sendable () -> Void) { eventLoop.execute(answers) }
}
