extension FrontEnd {
    /// Why `GET /readyz` says that the service is not ready; `nil` when it says that it is.
    package func problem() async -> String? {
        let answer = await readiness.answer()
        guard answer.status != 200 else { return nil }
        return answer.note.detail ?? "a check has failed"
    }
}
