extension JSONValue {
    /// Reads one JSON text strictly (RFC 8259).
    ///
    /// Linear in the number of bytes, whatever they are.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 without a byte order mark. The caller caps their number.
    ///   - maximumDepth: Nested arrays and objects; more than 128 counts as 128, for the parser recurses.
    ///   - rejectingNUL: Whether `\u0000` is refused: it ends a string early in C, in SQL and in logs.
    /// - Throws: ``JSONError`` for any other grammar, a repeated member name (compared as decoded bytes, RFC 8725
    ///   §2.4), bytes that are not UTF-8, a lone surrogate, or anything after the value.
    package init(parsing bytes: [UInt8], maximumDepth: Int = 16, rejectingNUL: Bool = true) throws(JSONError)
    {
        var parser = JSONParser(bytes: bytes, rejectingNUL: rejectingNUL)
        parser.skipWhitespace()
        self = try parser.value(depthLeft: min(maximumDepth, 128))
        parser.skipWhitespace()
        guard parser.position == bytes.count else { throw parser.error("bytes after the value") }
    }
}

/// Recursive descent over one JSON text; strings are read in `JSONParser+String.swift`.
struct JSONParser {
    let bytes: [UInt8]
    let rejectingNUL: Bool
    var position = 0

    init(bytes: [UInt8], rejectingNUL: Bool) {
        self.bytes = bytes
        self.rejectingNUL = rejectingNUL
    }

    /// The byte at the position; `nil` at the end.
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }

    mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    /// Steps over `byte` when it is the current one.
    mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    mutating func value(depthLeft: Int) throws(JSONError) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return .object(try object(depthLeft: depthLeft))
        case UInt8(ascii: "["): return .array(try array(depthLeft: depthLeft))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return .number(try number())
        case nil: throw error("the text ends where a value should be")
        default: throw error("not a JSON value")
        }
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw error("not a JSON value") }
        position += text.utf8.count
        return value
    }

    private mutating func array(depthLeft: Int) throws(JSONError) -> [JSONValue] {
        guard depthLeft > 0 else { throw error("nested too deeply") }
        position += 1
        var elements: [JSONValue] = []
        skipWhitespace()
        if skip(UInt8(ascii: "]")) { return elements }
        while true {
            skipWhitespace()
            elements.append(try value(depthLeft: depthLeft - 1))
            skipWhitespace()
            if skip(UInt8(ascii: "]")) { return elements }
            guard skip(UInt8(ascii: ",")) else { throw error("expected , or ]") }
        }
    }

    private mutating func object(depthLeft: Int) throws(JSONError) -> JSONObject {
        guard depthLeft > 0 else { throw error("nested too deeply") }
        position += 1
        var object = JSONObject()
        var names = MemberNames()
        skipWhitespace()
        if skip(UInt8(ascii: "}")) { return object }
        while true {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a member name") }
            let name = try string()
            guard names.insert(name, into: object) else { throw error("a member name is repeated") }
            skipWhitespace()
            guard skip(UInt8(ascii: ":")) else { throw error("expected :") }
            skipWhitespace()
            object.members.append((name: name, value: try value(depthLeft: depthLeft - 1)))
            skipWhitespace()
            if skip(UInt8(ascii: "}")) { return object }
            guard skip(UInt8(ascii: ",")) else { throw error("expected , or }") }
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?` (RFC 8259 §6).
    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            _ = skip(UInt8(ascii: "+")) || skip(UInt8(ascii: "-"))
            try digits()
        }
        return JSONNumber(checked: String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, Self.isDigit(byte) { position += 1 }
        guard position > start else { throw error("expected a digit") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// Finds a repeated member name: by looking through a few, by a set when there are many.
private struct MemberNames {
    private static let few = 24
    private var many: Set<ByteString> = []

    /// - Returns: Whether `name` is new to `object`, which does not hold it yet.
    mutating func insert(_ name: String, into object: JSONObject) -> Bool {
        guard object.members.count >= Self.few else { return object[name] == nil }
        if many.isEmpty { many = Set(object.members.map { ByteString($0.name) }) }
        return many.insert(ByteString(name)).inserted
    }
}
