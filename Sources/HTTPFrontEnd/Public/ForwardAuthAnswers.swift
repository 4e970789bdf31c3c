import AuthorizationServer
import OAuth
import Primitives

/// The HTTP form of what a proxy is told: a status and header fields, for a body would be read by nobody.
enum ForwardAuthAnswers {
    /// Every field is always there, if need be empty: a proxy that copies it overwrites what the client has sent.
    ///
    /// - Parameter token: To be sent on in place of the API key; empty when the credential is a token already.
    static func allowed(_ identity: ForwardedIdentity, with token: [UInt8] = []) -> Answer {
        var answer = Answer(status: 200)
        answer.fields.reserveCapacity(token.count + 512)
        answer.append("Cache-Control", "no-store")
        answer.append("X-Auth-Client-Id", value: identity.client.description)
        answer.append("X-Auth-Subject", bytes: identity.subject)
        answer.append("X-Auth-Scope", bytes: ClientPolicy.joined(identity.scope))
        answer.append("X-Auth-Roles", bytes: listed(identity.roles))
        answer.append("X-Auth-Groups", bytes: listed(identity.groups))
        answer.append("X-Auth-Token", bytes: token)
        answer.note.clientID = identity.client
        return answer
    }

    /// No comma can be in a name.
    private static func listed(_ names: [[UInt8]]) -> [UInt8] {
        Array(names.joined(separator: [UInt8(ascii: ",")]))
    }

    /// Nothing was tried, so that nothing is said to be wrong (RFC 6750 §3.1).
    static let unauthenticated: Answer = {
        var answer = refusal(401)
        answer.append("WWW-Authenticate", "Bearer realm=\"tokenbooth\"")
        answer.note.detail = "no credential was sent"
        return answer
    }()

    /// - Parameter client: Who may not do this; `nil` when the credential itself was refused.
    static func refused(_ refusal: ForwardAuthRefusal, of client: KeyID?) -> Answer {
        var answer = self.refusal(refusal.code == .invalidToken ? 401 : 403)
        var challenge = "Bearer realm=\"tokenbooth\", error=\"\(refusal.code.rawValue)\""
        challenge += ", error_description=\"\(refusal.description)\""
        if !refusal.scope.isEmpty {
            let scope = String(decoding: ClientPolicy.joined(refusal.scope), as: UTF8.self)
            challenge += ", scope=\"\(scope)\""
        }
        answer.append("WWW-Authenticate", value: challenge)
        answer.note.clientID = client
        answer.note.error = refusal.code.rawValue
        answer.note.detail = refusal.detail
        return answer
    }

    private static func refusal(_ status: Int) -> Answer {
        var answer = Answer(status: status)
        answer.append("Cache-Control", "no-store")
        answer.append("Pragma", "no-cache")
        return answer
    }
}

extension Answer {
    /// A value that is known to be visible ASCII.
    fileprivate mutating func append(_ name: StaticString, bytes: [UInt8]) {
        fields.append(ascii: name)
        fields.append(ascii: ": ")
        fields += bytes
        fields.append(ascii: "\r\n")
    }
}
