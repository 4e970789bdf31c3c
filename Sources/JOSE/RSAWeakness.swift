/// Why an RSA key is not used (RFC 7518 §3.3, RFC 8725 §3.5).
package enum RSAWeakness: Sendable, Equatable, CustomStringConvertible {
    case tooShort(bits: Int)
    /// A long modulus makes each verification slow: whoever publishes the key chooses our load.
    case tooLong(bits: Int)
    /// One, an even number, or more than 64 bits.
    case exponent
    case evenModulus

    static let bits: ClosedRange<Int> = 2048...8192

    /// - Parameters: Both big-endian without leading zeros.
    /// - Returns: `nil` for a key that is good enough.
    init?(n: [UInt8], e: [UInt8]) {
        guard let first = n.first, let last = n.last else {
            self = .tooShort(bits: 0)
            return
        }
        let length = n.count * 8 - first.leadingZeroBitCount
        if length < Self.bits.lowerBound {
            self = .tooShort(bits: length)
        } else if length > Self.bits.upperBound {
            self = .tooLong(bits: length)
        } else if last.isMultiple(of: 2) {
            self = .evenModulus
        } else if e.count > 8 || e == [1] || e.last?.isMultiple(of: 2) ?? true {
            self = .exponent
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .tooShort(let bits): "the RSA key has \(bits) bits, fewer than \(Self.bits.lowerBound)"
        case .tooLong(let bits): "the RSA key has \(bits) bits, more than \(Self.bits.upperBound)"
        case .exponent: "the RSA key's public exponent is not an odd number from 3 to 64 bits"
        case .evenModulus: "the RSA key's modulus is even"
        }
    }
}
