/// Digits `0-9A-Za-z`, most significant first: how API keys are spelled.
package enum Base62 {
    package static let digits: [UInt8] = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8
    )

    /// `value` in exactly `width` digits, padded with zeros on the left.
    ///
    /// - Parameter width: Digits; six hold every `UInt32`. Digits that do not fit are dropped on the left.
    package static func encode(_ value: UInt32, width: Int) -> [UInt8] {
        guard width > 0 else { return [] }
        var output = [UInt8](repeating: digits[0], count: width)
        var rest = value
        for index in output.indices.reversed() {
            output[index] = digits[Int(rest % 62)]
            rest /= 62
        }
        return output
    }

    /// Whether `digits` are ``encode(_:width:)`` of `value`, for as many digits as there are.
    package static func isEncoded(_ value: UInt32, as digits: Span<UInt8>) -> Bool {
        let alphabet = Self.digits.span
        var rest = value
        var index = digits.count
        while index > 0 {
            index -= 1
            guard digits[index] == alphabet[Int(rest % 62)] else { return false }
            rest /= 62
        }
        return true
    }

    /// `count` random digits, each of the 62 equally likely.
    ///
    /// Six bits at a time; 62 and 63 are drawn again, since a remainder would favour the first digits.
    package static func random(_ count: Int) -> [UInt8] {
        var output: [UInt8] = []
        while output.count < count {
            let drawn = SystemRandom.bytes(count - output.count + 8).lazy.map { Int($0 & 63) }
            output.append(
                contentsOf: drawn.filter { $0 < 62 }.prefix(count - output.count).map { digits[$0] }
            )
        }
        return output
    }
}
