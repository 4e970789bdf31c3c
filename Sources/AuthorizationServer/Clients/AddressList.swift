import Primitives

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3).
package struct AddressRange: Sendable, Hashable {
    package let base: IPAddress
    /// Bits that count, 0 to 128, of the 128-bit form.
    package let prefixLength: Int

    /// What is wrong with a range, in words for the administrator who wrote it.
    package struct Mistake: Error, Sendable {
        package let reason: String
    }

    /// Reads `address` or `address/length`.
    ///
    /// - Throws: ``Mistake`` on anything that other programs could read as a wider range: host bits,
    ///   lengths with leading zeros, IPv4-mapped IPv6 ranges, zones, ports, brackets.
    package init(parsing text: String) throws(Mistake) {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let address = IPAddress(parsing: first) else {
            throw Mistake(reason: "not an IP address or CIDR range, such as 192.0.2.0/24 or 2001:db8::/32")
        }
        let isDotted = !first.contains(UInt8(ascii: ":"))
        guard isDotted || !address.isV4 else {
            throw Mistake(reason: "an IPv4-mapped IPv6 address: write the IPv4 address instead")
        }
        let width = isDotted ? 32 : 128
        let length = parts.count == 1 ? width : Int(decimal: parts[1], upTo: width)
        guard let length else {
            throw Mistake(reason: "the prefix length must be a number from 0 to \(width)")
        }
        prefixLength = length + 128 - width
        guard Self.masked(address, prefixLength) == address else {
            throw Mistake(
                reason: "bits are set beyond the prefix length: write the first address of the range"
            )
        }
        base = address
    }

    package func contains(_ address: IPAddress) -> Bool {
        // The IPv4 addresses lie within ::/0 as mapped ones, and yet an IPv6 range never means them.
        base.isV4 && prefixLength >= 96
            ? Self.masked(address, prefixLength) == base
            : !address.isV4 && Self.masked(address, prefixLength) == base
    }

    private static func masked(_ address: IPAddress, _ length: Int) -> IPAddress {
        IPAddress(
            high: address.high & mask(min(length, 64)),
            low: address.low & mask(max(0, length - 64))
        )
    }

    private static func mask(_ bits: Int) -> UInt64 { bits == 0 ? 0 : ~0 << UInt64(64 - bits) }
}

/// From where a key may be used (`allowed_ips`): a missing list allows all, an empty one none.
package struct AddressList: Sendable, Hashable {
    package let ranges: [AddressRange]

    package init(_ ranges: [AddressRange]) { self.ranges = ranges }

    /// - Throws: ``AddressRange/Mistake`` for the first entry that is not a range.
    package init(parsing entries: [String]) throws(AddressRange.Mistake) {
        var ranges: [AddressRange] = []
        for entry in entries { ranges.append(try AddressRange(parsing: entry)) }
        self.init(ranges)
    }

    /// - Parameter address: `nil` when the peer has none (a local socket): refused wherever a list exists.
    package func allows(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return ranges.contains { $0.contains(address) }
    }
}
