import Primitives

/// Published keys (RFC 7517 §5).
package struct JWKSet: Sendable {
    package var keys: [JWK]

    package init(_ keys: [JWK]) {
        self.keys = keys
    }

    /// Reads a set; a key that is not understood or not safe is left out, as RFC 7517 §5 asks.
    ///
    /// - Throws: ``JWKError`` when it is no set, or when two of its keys have one `kid`: which of them is meant
    ///   would be a guess.
    package init(parsing bytes: [UInt8]) throws(JWKError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch { throw .notJSON(error) }
        guard let object = value.object else { throw .notAnObject }
        guard let values = object["keys"]?.array else { throw .invalidMember("keys") }
        keys = values.compactMap { try? JWK(parsing: $0) }
        var names: Set<ByteString> = []
        for key in keys {
            guard names.insert(ByteString(key.kid)).inserted else { throw .repeatedKeyID(key.kid) }
        }
    }

    package subscript(_ kid: String) -> JWK? { keys.first { bytesEqual($0.kid, kid) } }

    package var serialized: [UInt8] {
        var json = Array(#"{"keys":["#.utf8)
        for (index, key) in keys.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            key.append(to: &json)
        }
        json.append(ascii: "]}")
        return json
    }
}
