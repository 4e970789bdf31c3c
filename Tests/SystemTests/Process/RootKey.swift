import Foundation
import Glibc
import Testing

@Suite("serve --new-root-key")
struct RootKey {
    @Test
    func `the old root key ends, a new one is in its file, and the trail tells of it`() throws {
        var booth = try Booth()
        let (old, key, directory) = (booth.rootKey, try booth.makeKey(), booth.directory)
        booth.stop()
        booth = try Booth(["--new-root-key"], in: directory)
        #expect(booth.rootKey != old && booth.rootKey.hasPrefix("tbk_"))
        let file = FileManager.default
        let mode = try file.attributesOfItem(atPath: directory.path + "/keys/root.key")[.posixPermissions]
        #expect((mode as? NSNumber)?.uint16Value == 0o600)
        #expect(try booth.admin("GET", "keys", key: old).status == 401)
        #expect(try booth.token(TokenCall(key: old)).status == 401)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
        #expect(try booth.admin("GET", "keys").status == 200)
        let events = try #require(try booth.admin("GET", "audit?limit=200").json?["items"]?.array)
        let actions = events.compactMap { $0.object?["action"]?.string }
        #expect(actions.contains("replace_root_key"), "\(actions)")
        booth.stop()
        // Once: the next start keeps the key that is there.
        let again = try Booth(in: directory)
        #expect(again.rootKey == booth.rootKey)
        again.stop()
    }
}

@Suite("Nobody is locked out for good", .serialized, .booth)
struct LockedOut {
    @Test
    func `the addresses of its project never stop the root key`() throws {
        let booth = try Booth.current
        let project = try #require(
            try booth.admin("GET", "projects").json?["items"]?.array?.first?.object?["id"]?.string
        )
        let key = try booth.makeKey()
        #expect(try booth.admin("PATCH", "projects/\(project)", #"{"allowed_ips":[]}"#).status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 401)
        #expect(try booth.token(TokenCall(key: booth.rootKey)).status == 200)
        #expect(try booth.admin("PATCH", "projects/\(project)", #"{"allowed_ips":null}"#).status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).status == 200)
    }

    @Test
    func `from where the keys of a project work is for super admins to say`() throws {
        let booth = try Booth.current
        let admin = try booth.makeKey(
            #""admin_role":"admin","audiences":["urn:tokenbooth:admin"],"scopes":["projects:read","projects:write"]"#
        )
        let made = try booth.admin("POST", "projects", #"{"name":"theirs"}"#, key: admin.secret)
        let id = try #require(made.json?["id"]?.string, "\(made.text)")
        let refused = try booth.admin(
            "PATCH",
            "projects/\(id)",
            #"{"allowed_ips":["10.0.0.0/8"]}"#,
            key: admin.secret
        )
        #expect(refused.status == 403 && refused.text.contains("/allowed_ips"), "\(refused.text)")
        let renamed = try booth.admin(
            "PATCH",
            "projects/\(id)",
            #"{"name":"mine","allowed_ips":null}"#,
            key: admin.secret
        )
        #expect(renamed.status == 200, "\(renamed.text)")
    }

    @Test
    func `a key that may not use client_credentials is none for the admin API`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey(
            #""admin_role":"admin","audiences":["urn:tokenbooth:admin"],"scopes":["projects:read"],"#
                + #""grant_types":["urn:ietf:params:oauth:grant-type:token-exchange"]"#
        )
        #expect(try booth.admin("GET", "projects", key: key.secret).status == 401)
    }

    // threats: OPS-06
    @Test
    func `eight mebibytes of nothing are refused to whoever may not import, and are no rows to whoever may`()
        throws
    {
        let booth = try Booth.current
        let key = try booth.makeKey(
            #""admin_role":"admin","audiences":["urn:tokenbooth:admin"],"scopes":["keys:write"]"#
        )
        for (secret, status) in [(key.secret, 403), (booth.rootKey, 200)] {
            let body = [UInt8](repeating: 0x0A, count: 8_388_608)
            let head = Booth.head(
                "POST",
                "/admin/v1/keys/import",
                [
                    "Content-Type: application/x-ndjson", "Content-Length: \(body.count)",
                    "Authorization: Bearer \(secret)",
                ]
            )
            #expect(try booth.send(Array((head + "\r\n").utf8) + body, to: .admin).status == status)
        }
    }
}

@Suite("Descriptors of a start: RLIMIT_NOFILE")
struct DescriptorLimit {
    @Test
    func `the limit is raised to the hard one, and connections stay below it`() throws {
        let script = "ulimit -Sn 256; ulimit -Hn 2048; exec \"$@\""
        let booth = try Booth(wrapper: ["/bin/bash", "-c", script, "bash"])
        let limits = try String(contentsOfFile: "/proc/\(booth.process.identifier)/limits", encoding: .utf8)
        let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        #expect(line.split(separator: " ").dropFirst(3).prefix(2) == ["2048", "2048"])
        booth.stop()
    }
}
