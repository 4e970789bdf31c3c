/// The server: where the parts meet.
enum Server {
    /// Runs until SIGTERM.
    ///
    /// - Throws: ``ConfigurationError`` or ``FileError`` when it cannot start: exit 78.
    static func run(_ start: ServeStart) async throws {
        throw ConfigurationError("serve", "is not wired yet")
    }
}
