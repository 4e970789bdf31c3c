/// Takes the answers of one commit to the thread that waits for them: all at once, so that it wakes once.
package protocol AnswerCarrier: AnyObject, Sendable {
    /// Called on the thread that commits.
    ///
    /// - Parameter answers: To be called once, elsewhere and soon; it tells every caller in turn.
    func carry(_ answers: @escaping @Sendable () -> Void)
}
