/// The two forms of a P-256 signature.
///
/// libcrypto has DER; JWS has r ‖ s in 32 bytes each, as IEEE P1363 (RFC 7518 §3.4).
enum ECDSASignature {
    /// Bytes of the longest DER form: both numbers with a leading zero.
    static let maximumDERLength = 72

    /// - Returns: `nil` unless there are exactly 64 bytes. Whether r and s are in range is for libcrypto to say.
    static func der(fromP1363 signature: [UInt8]) -> [UInt8]? {
        guard signature.count == 64 else { return nil }
        let integers = integer(signature[..<32]) + integer(signature[32...])
        return [0x30, UInt8(truncatingIfNeeded: integers.count)] + integers
    }

    private static func integer(_ number: ArraySlice<UInt8>) -> [UInt8] {
        var digits = number.drop { $0 == 0 }
        // A set high bit would read as a negative number, and no digit at all is no number.
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits = [0] + digits }
        return [0x02, UInt8(truncatingIfNeeded: digits.count)] + digits
    }

    /// Writes r ‖ s of a DER signature over `output`.
    ///
    /// - Parameter output: 64 bytes.
    /// - Returns: Whether `der` was two integers of at most 256 bits, and nothing else.
    static func writeP1363(der: ArraySlice<UInt8>, to output: inout [UInt8]) -> Bool {
        let der = der.span
        guard output.count == 64, der.count >= 2, der[0] == 0x30, Int(der[1]) == der.count - 2 else {
            return false
        }
        guard let behindR = writeInteger(der, at: 2, to: &output, endingAt: 32),
            let behindS = writeInteger(der, at: behindR, to: &output, endingAt: 64)
        else { return false }
        return behindS == der.count
    }

    /// - Returns: The index behind the integer.
    private static func writeInteger(
        _ der: Span<UInt8>,
        at start: Int,
        to output: inout [UInt8],
        endingAt end: Int
    ) -> Int? {
        guard start + 2 <= der.count, der[start] == 0x02 else { return nil }
        let behind = start + 2 + Int(der[start + 1])
        guard behind <= der.count, behind > start + 2 else { return nil }
        var first = start + 2
        while first < behind, der[first] == 0 { first += 1 }
        let count = behind - first
        guard count <= 32 else { return nil }
        var output = output.mutableSpan
        for index in end - 32..<end - count { output[index] = 0 }
        for index in 0..<count { output[end - count + index] = der[first + index] }
        return behind
    }
}
