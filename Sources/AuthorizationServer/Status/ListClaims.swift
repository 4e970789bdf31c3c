import OAuth
import Primitives

/// The claims of a signed list, in the form that takes least room.
struct ListClaims: Sendable {
    /// As JSON, without the braces around them.
    var members: [UInt8]
    /// Behind them as `jtis`, where the list has that claim: 16 bytes each here, 33 in the text of the JWS.
    var tokens: [TokenID]?

    /// Appends the payload of a compact JWS (RFC 7515 §3.1).
    ///
    /// - Parameter count: Characters that will come behind it.
    func append(to jws: inout [UInt8], reserving count: Int) {
        let text = serialized
        jws.reserveCapacity(jws.count + (text.count * 4 + 2) / 3 + count)
        Base64URL.append(text, to: &jws)
    }

    private var serialized: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(members.count + (tokens?.count ?? 0) * 25 + 16)
        text.append(ascii: "{")
        text += members
        if let tokens {
            text.append(ascii: "\"jtis\":[")
            for (index, token) in tokens.enumerated() {
                text.append(ascii: index > 0 ? ",\"" : "\"")
                Base64URL.append(token.bytes, to: &text)
                text.append(ascii: "\"")
            }
            text.append(ascii: "]")
        }
        text.append(ascii: "}")
        return text
    }
}
