/// The number by which the store finds an API key at once; as long as the process lives, the same and no other key's.
///
/// A hint beside the identifier, never instead of it: who does not know it asks by that.
package struct KeyNumber: Sendable, Hashable {
    /// 0: not known.
    private let bits: UInt32

    package static let unknown = KeyNumber(0)

    /// - Parameter value: One that is too large is not kept.
    package init(_ value: Int64) { bits = UInt32(exactly: value) ?? 0 }

    package var value: Int64? { bits == 0 ? nil : Int64(bits) }
}
