extension Int {
    /// Reads a decimal number in its one spelling: digits only, no sign and no leading zeros, as `Int` would allow.
    ///
    /// - Returns: `nil` for anything else, and for more than `maximum`.
    package init?(decimal digits: ArraySlice<UInt8>, upTo maximum: Int) {
        // Eighteen digits cannot overflow.
        guard (1...18).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else {
            return nil
        }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        guard value <= maximum else { return nil }
        self = value
    }
}
