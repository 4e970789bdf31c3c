import OAuth
import Primitives
import Testing

@testable import AdminAPI

@Suite("Roles and groups as messages")
struct RoleMessageTests {
    private func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test
    func `a role and a group are read as they are printed`() throws {
        let role = """
            {"id":"rol_01arz3ndektsv4rrffq69g5fav","name":"a/b:c","description":"é","scopes":["x","y"]}
            """
        #expect(try RoleMessage(parsing: value(role)).json.serialized == Array(role.utf8))
        let group = #"{"id":"grp_01arz3ndektsv4rrffq69g5fav","name":"a","description":""}"#
        #expect(try GroupMessage(parsing: value(group)).json.serialized == Array(group.utf8))
        #expect(throws: InvalidMessage.self) { try RoleMessage(parsing: value(group)) }
        #expect(throws: InvalidMessage.self) { try GroupMessage(parsing: value(role)) }
    }

    @Test(arguments: [
        (#"{"name":"a"}"#, []), (#"{"name":"a","scopes":null,"description":null}"#, []), ("{}", ["/name"]),
        (#"{"name":null}"#, ["/name"]), (#"{"name":"rol_"}"#, ["/name"]), (#"{"name":"a b"}"#, ["/name"]),
        (#"{"name":"a","scopes":["x","x"]}"#, ["/scopes/1"]), (#"{"name":"a","scopes":"x"}"#, ["/scopes"]),
        (#"{"name":"a","id":"rol_01arz3ndektsv4rrffq69g5fav","keys":[]}"#, ["/id", "/keys"]),
    ])
    func `a role's creation says where it is wrong`(body: String, pointers: [String]) throws {
        do {
            _ = try RoleCreation(parsing: value(body))
            #expect(pointers.isEmpty)
        } catch let invalid as InvalidMessage {
            #expect(invalid.mistakes.map(\.pointer) == pointers)
        }
    }

    @Test
    func `a patch takes away what is null, and a name never`() throws {
        let patch = try RolePatch(parsing: value(#"{"scopes":null,"description":"d"}"#))
        #expect(patch.name == nil && patch.scopes.applied(to: ["x"], default: []).isEmpty)
        #expect(patch.description.value == "d")
        #expect(throws: InvalidMessage.self) { try RolePatch(parsing: value(#"{"name":null}"#)) }
        #expect(throws: InvalidMessage.self) { try GroupPatch(parsing: value(#"{"name":"grp_a"}"#)) }
        #expect(throws: InvalidMessage.self) { try GroupPatch(parsing: value(#"{"scopes":[]}"#)) }
    }
}
