import Primitives

/// An IP address as 128 bits; an IPv4 address is the IPv4-mapped one of RFC 4291 §2.5.5.2.
///
/// So a peer seen as `::ffff:10.1.2.3` on a dual-stack socket is the same value as `10.1.2.3`.
package struct IPAddress: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(v4 bits: UInt32) { self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(bits)) }

    package var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    package var isLoopback: Bool { isV4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// Reads dotted-decimal IPv4 (four parts, no leading zeros) or IPv6 (RFC 4291 §2.2, no zone).
    ///
    /// Short, octal and hexadecimal forms of IPv4 are refused: other programs read them as other addresses.
    package init?(parsing text: some Collection<UInt8>) {
        let bytes = Array(text)
        if let bits = Self.v4(bytes[...]) {
            self.init(v4: bits)
        } else if let words = Self.v6(bytes[...]) {
            self.init(
                high: words[..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: words[4...].reduce(0) { $0 << 16 | UInt64($1) }
            )
        } else {
            return nil
        }
    }

    private static func v4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let value = Int(decimal: part, upTo: 255) else { return nil }
            bits = bits << 8 | UInt32(value)
        }
        return bits
    }

    private static func v6(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var halves: [[UInt16]] = []
        var rest = text
        while let gap = doubleColon(in: rest) {
            guard halves.isEmpty, let words = words(rest[..<gap], mayEndInV4: false) else { return nil }
            halves.append(words)
            rest = rest[(gap + 2)...]
        }
        guard let tail = words(rest, mayEndInV4: true) else { return nil }
        guard let head = halves.first else { return tail.count == 8 ? tail : nil }
        guard head.count + tail.count < 8 else { return nil }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func doubleColon(in text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    private static func words(_ text: ArraySlice<UInt8>, mayEndInV4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var words: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInV4, index == parts.count - 1, let bits = v4(part) {
                words += [UInt16(bits >> 16), UInt16(bits & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for digit in part {
                guard let nibble = Hexadecimal.value(digit) else { return nil }
                value = value << 4 | UInt16(nibble)
            }
            words.append(value)
        }
        return words
    }
}

extension IPAddress {
    /// Dotted decimal, or eight groups of hexadecimal digits without compression: for logs.
    package var text: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends ``text``.
    package func append(to text: inout [UInt8]) {
        guard isV4 else {
            let groups = Self.groups(of: high) + Self.groups(of: low)
            text.append(utf8: groups.map { String($0, radix: 16) }.joined(separator: ":"))
            return
        }
        for index in 0..<4 {
            if index > 0 { text.append(UInt8(ascii: ".")) }
            let octet = UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt64(index)))
            if octet >= 100 { text.append(UInt8(ascii: "0") + octet / 100) }
            if octet >= 10 { text.append(UInt8(ascii: "0") + octet / 10 % 10) }
            text.append(UInt8(ascii: "0") + octet % 10)
        }
    }

    /// 16 bits each, the most significant first.
    private static func groups(of word: UInt64) -> [UInt64] {
        [48, 32, 16, 0].map { word >> $0 & 0xFFFF }
    }
}
