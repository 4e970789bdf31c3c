import Foundation
import JOSE
import Primitives
import Testing

/// The document of that name says much in one place, so each of its parts is shown here by a test of its own.
extension WhatAKeyIsFor {
    @Test
    func
        `what an API key is: it identifies the project, is a header or a parameter, and is limited and counted`()
        throws
    {
        let booth = try Booth.current
        let project = try booth.admin("POST", "projects", "{\"name\":\"weather\"}")
        let id = try #require(project.json?["id"]?.string, "\(project.text)")
        let key = try booth.makeKey(
            """
            "project":"weather","rate_limit":{"requests":2,"seconds":3600}
            """
        )
        let inHeader = try booth.token(TokenCall(key: key.secret))
        #expect(try AccessToken(inHeader, of: booth).claims["project"]?.string == id)
        var inBody = TokenCall()
        inBody.parameters.append(("client_secret", key.secret))
        #expect(try booth.token(inBody).status == 200)
        let late = try booth.token(TokenCall(key: key.secret))
        #expect(late.status == 429 && late["retry-after"] != nil, "\(late.text)")
        // A key that asks too much is no other key's trouble.
        let metered = try booth.makeKey("\"quota\":{\"tokens\":1,\"period\":\"day\"}")
        #expect(try booth.token(TokenCall(key: metered.secret)).status == 200)
        let spent = try booth.token(TokenCall(key: metered.secret))
        #expect(spent.status == 429 && spent["retry-after"] != nil, "\(spent.text)")
        // What was used, for limits and bills.
        let used: JSONObject? = eventually(seconds: 12) {
            usleep(200_000)
            let items = try? booth.admin("GET", "usage?project=weather").json?["items"]?.array
            let row = items?.first?.object
            return row?["denied"]?.object?["rate_limit"]?.integer == 1 ? row : nil
        }
        #expect(used?["key"]?.string == key.id && used?["project"]?.string == id)
        #expect(used?["exchanges"]?.integer == 2)
    }

    @Test
    func `what an API key is: one that is missing, wrong or expired is refused in words that help`() throws {
        let booth = try Booth.current
        let now = Int64(Date().timeIntervalSince1970)
        let expiring = try booth.makeKey("\"expires_at\":\"\(Timestamp.text(now + 2))\"")
        let wrong = String(expiring.secret.dropLast()) + (expiring.secret.hasSuffix("0") ? "1" : "0")
        _ = eventually(seconds: 5) { Int64(Date().timeIntervalSince1970) > now + 2 ? true : nil }
        for (call, what) in [
            (TokenCall(), "missing"), (TokenCall(key: wrong), "wrong"),
            (TokenCall(key: expiring.secret), "expired"),
        ] {
            let answer = try booth.token(call)
            #expect(answer.status == 401 && answer.error == "invalid_client", "\(what): \(answer.text)")
            #expect(answer["www-authenticate"]?.hasPrefix("Basic ") == true, "\(what)")
            #expect((answer.json?["error_description"]?.string?.utf8.count ?? 0) > 20, "\(what)")
        }
        // Which of the two it was is not for whoever tries keys out, but for its administrator.
        let words = try booth.token(TokenCall(key: expiring.secret)).json?["error_description"]?.string
        #expect(words?.contains("expired") == true, "\(words ?? "")")
        #expect(try booth.token(TokenCall(key: wrong)).json?["error_description"]?.string == words)
        #expect(try booth.admin("GET", "keys/\(expiring.id)").json?["status"]?.string == "expired")
    }

    @Test
    func `what an API key is: it is restricted to addresses and pages`() throws {
        let booth = try Booth.current
        let key = try booth.makeKey(
            """
            "allowed_ips":["192.0.2.0/24"],"allowed_referrers":["https://app.example"]
            """
        )
        var page = TokenCall(key: key.secret)
        page.headers.append("Origin: https://app.example")
        #expect(try booth.token(page).error == "invalid_client", "from elsewhere")
        let here = "{\"allowed_ips\":[\"127.0.0.1\"]}"
        #expect(try booth.admin("PATCH", "keys/\(key.id)", here).status == 200)
        #expect(try booth.token(page).status == 200)
        #expect(try booth.token(TokenCall(key: key.secret)).error == "invalid_client", "of no page")
        page.headers[1] = "Origin: https://app.example.evil"
        #expect(try booth.token(page).error == "invalid_client", "of another page")
    }

    @Test
    func `what an API key is: it is rotated without a gap, exchanged for a JWT, and revoked at once`() throws
    {
        let booth = try Booth.current
        let key = try booth.makeKey()
        let rotated = try booth.admin("POST", "keys/\(key.id)/rotate", "{\"grace_seconds\":3600}").json
        let secret = try #require(rotated?["key"]?.string)
        booth.canaries.add(secret)
        for each in [key.secret, secret] { #expect(try booth.token(TokenCall(key: each)).status == 200) }

        // A look into the JWT (RFC 9068 §2.2), which says what the key may, and for how long.
        let answer = try booth.token(TokenCall(exchanging: secret, [("scope", "read")]))
        let token = try #require(answer.json?["access_token"]?.string, "\(answer.text)")
        let jws = try CompactJWS(parsing: Array(token.utf8))
        #expect(jws.type == "at+jwt" && jws.kid != nil)
        #expect(!String(decoding: jws.payload, as: UTF8.self).contains("tbk_"))
        let claims = try AccessToken(answer, of: booth).claims
        #expect(claims["iss"]?.string == booth.issuer && claims["aud"]?.string == Booth.audience)
        #expect(claims["client_id"]?.string == key.id && claims["sub"]?.string == key.id)
        #expect(claims["scope"]?.string == "read" && claims["jti"]?.string?.isEmpty == false)
        let (begin, end) = (claims["iat"]?.integer ?? 0, claims["exp"]?.integer ?? 0)
        #expect(end - begin == answer.json?["expires_in"]?.integer && end > begin)

        #expect(try booth.admin("DELETE", "keys/\(key.id)").status == 204)
        for each in [key.secret, secret] {
            #expect(try booth.token(TokenCall(key: each)).error == "invalid_client")
        }
        // Whoever finds one ends it, with nothing but the key itself.
        let leaked = try booth.makeKey()
        let hint = [("token_type_hint", TokenCall.apiKeyType)]
        #expect(try booth.revoke(leaked.secret, by: nil, hint).status == 200)
        #expect(try booth.token(TokenCall(key: leaked.secret)).error == "invalid_client")
    }
}
