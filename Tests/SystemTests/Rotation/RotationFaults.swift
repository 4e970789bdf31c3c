import Foundation
import Glibc
import Primitives
import Testing

@Suite("Rotations and imports when the process is killed")
struct RotationFaults {
    @Test
    func `what was answered is there after a kill: two secrets, their end, and what a rotation ended`() throws
    {
        let directory = try TemporaryDirectory()
        let arguments = ["--issuer", "http://127.0.0.1:8080"]
        var booth = try Booth(arguments, in: directory)
        let key = try booth.makeRefreshingKey()
        let (access, refresh) = (try booth.accessToken(key), try booth.exchanged(key))
        let answer = try booth.admin("POST", "keys/\(key.id)/rotate", "{\"end_tokens\":true}")
        let new = MadeKey(id: key.id, secret: try #require(answer.json?["key"]?.string, "\(answer.text)"))
        let shown = try booth.admin("GET", "keys/\(key.id)").text
        booth.kill()

        booth = try Booth(arguments, in: directory)
        #expect(try booth.admin("GET", "keys/\(key.id)").text == shown)
        for secret in [key, new] { #expect(try booth.token(TokenCall(key: secret.secret)).status == 200) }
        #expect(try !booth.isActive(access, for: new))
        expectInvalidGrant(try booth.refresh(refresh, new))
        #expect(try booth.isActive(booth.accessToken(key), for: new))
        #expect(
            try booth.admin(
                "POST",
                "keys/\(key.id)/rotation",
                "{\"previous_expires_at\":\"1970-01-01T00:00:00Z\"}"
            ).status == 200
        )
        booth.kill()

        booth = try Booth(arguments, in: directory)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 401)
        #expect(try booth.token(TokenCall(key: new.secret)).status == 200)
        booth.stop()
    }
}
