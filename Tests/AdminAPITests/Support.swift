import AdminAPI
import Primitives

func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

func text(_ value: JSONValue) -> String { String(decoding: value.serialized, as: UTF8.self) }

/// What is wrong, by pointer; empty when nothing is.
func mistakes<Message>(_ parse: () throws -> Message) -> [String: String] {
    do {
        _ = try parse()
        return [:]
    } catch let invalid as InvalidMessage {
        return Dictionary(invalid.mistakes.map { ($0.pointer, $0.detail) }) { first, _ in first }
    } catch {
        return ["error": "\(error)"]
    }
}
