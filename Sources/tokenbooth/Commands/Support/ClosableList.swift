import ArgumentParser
import Primitives

/// Repeated options whose list, when it is absent, lets in everybody: no repetition can say the empty one, so `none`
/// does.
enum ClosableList {
    /// Neither an address nor the origin of a page is called so.
    private static let nobody = "none"

    /// - Parameter option: Its name, for the message.
    /// - Returns: `nil` when nothing was said: everybody may come, or the old list stays.
    /// - Throws: `ValidationError` when `none` does not stand alone.
    static func json(_ values: [String], _ option: String) throws -> JSONValue? {
        guard !values.isEmpty else { return nil }
        guard values.contains(where: { bytesEqual($0, nobody) }) else {
            return .array(values.map { .string($0) })
        }
        guard values.count == 1 else { throw ValidationError("\(option) none stands alone.") }
        return .array([])
    }
}
