import Primitives
import Testing

@Suite("Requests that are sent again, and changes to what was seen")
struct Repeated {
    // threats: ADM-03
    @Test
    func `an answer survives the end of the process, and nothing is done twice`() throws {
        let directory = try TemporaryDirectory()
        var booth = try Booth(in: directory)
        let header = ["Idempotency-Key: \"8e03978e-40d5-43dd-bc93-6894a57f9324\""]
        let first = try booth.admin("POST", "keys", "{\"name\":\"once\"}", headers: header)
        #expect(first.status == 201 && first["idempotent-replayed"] == nil)
        let secret = try #require(first.json?["key"]?.string)
        booth.process.signal(9)
        _ = booth.process.wait(seconds: 5)
        booth = try Booth(in: directory)
        booth.canaries.add(secret)
        let second = try booth.admin("POST", "keys", "{\"name\":\"once\"}", headers: header)
        #expect(second.status == 201 && second["idempotent-replayed"] == "true")
        #expect(second.json?["id"]?.string == first.json?["id"]?.string && second.json?["key"] == nil)
        #expect(second["location"] == first["location"] && second["etag"] == first["etag"])
        #expect(try booth.admin("POST", "keys", "{\"name\":\"twice\"}", headers: header).status == 422)
        let keys = try booth.admin("GET", "keys?name=once").json?["items"]?.array
        #expect(keys?.count == 1)
        AfterEachTest.searchFiles(booth)
        booth.process.signal(15)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }

    @Test
    func `of two changes to the same state one is done`() throws {
        let booth = try Booth()
        let key = try booth.makeKey()
        let tag = try #require(try booth.admin("GET", "keys/\(key.id)")["etag"])
        // A token in between is no change of the key.
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        let condition = ["If-Match: \(tag)"]
        #expect(
            try booth.admin("PATCH", "keys/\(key.id)", "{\"name\":\"a\"}", headers: condition).status == 200
        )
        let late = try booth.admin("PATCH", "keys/\(key.id)", "{\"name\":\"b\"}", headers: condition)
        #expect(late.status == 412 && late["content-type"] == "application/problem+json")
        #expect(try booth.admin("GET", "keys/\(key.id)").json?["name"]?.string == "a")
        booth.process.signal(15)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
    }
}
