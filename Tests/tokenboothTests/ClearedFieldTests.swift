import ArgumentParser
import Testing

@testable import tokenbooth

@Suite("Command line: fields that are cleared")
struct ClearedFieldTests {
    @Test(
        arguments: [
            ("keys update x --allowed-ip none --clear allowed_ips", "allowed_ips"),
            ("keys update x --expires-in 1d --clear expires_at", "expires_at"),
            ("keys update x --project a --clear project", "project"),
            ("roles update x --description a --clear description", "description"),
            ("groups update x --name a --clear description --clear name", "name"),
        ]
    )
    func `a value and its clearing together are refused`(line: String, field: String) async throws {
        let words = line.split(separator: " ").map(String.init)
        let command = try #require(try Tokenbooth.parseAsRoot(words) as? any CommandBody)
        let failure = try await #require(throws: CommandFailure.self) { try await command.perform() }
        #expect(failure.code == .usage && failure.message.hasPrefix("\(field) is given a value"))
    }
}
