/// Seconds since 1970-01-01T00:00:00Z without leap seconds (`NumericDate`, RFC 7519 §2).
///
/// Whole seconds only: what this service issues and compares has no fraction.
package struct NumericDate: Sendable, Hashable, Comparable {
    package let seconds: Int64

    package init(_ seconds: Int64) { self.seconds = seconds }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.seconds < rhs.seconds }

    /// This date moved by `delta` seconds; at the ends of the range it stays there, it never traps.
    package func advanced(by delta: Int64) -> NumericDate {
        let (sum, overflow) = seconds.addingReportingOverflow(delta)
        guard overflow else { return NumericDate(sum) }
        return NumericDate(delta < 0 ? .min : .max)
    }
}
