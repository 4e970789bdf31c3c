/// A string that is hashed, compared and ordered as its UTF-8 bytes.
///
/// `String` treats canonically equivalent spellings as one; a name from outside must not have that twin.
package struct ByteString: Hashable, Sendable, Comparable {
    package let string: String

    package init(_ string: String) {
        self.string = string
    }

    package static func == (left: ByteString, right: ByteString) -> Bool {
        bytesEqual(left.string, right.string)
    }

    package static func < (left: ByteString, right: ByteString) -> Bool {
        left.string.utf8.lexicographicallyPrecedes(right.string.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        let whole: Void? = unsafe string.utf8.withContiguousStorageIfAvailable { buffer in
            unsafe hasher.combine(bytes: UnsafeRawBufferPointer(buffer))
        }
        if whole == nil {
            for byte in string.utf8 { hasher.combine(byte) }
        }
        // 0xFF is no byte of UTF-8: it ends one of several strings that feed the same hasher.
        hasher.combine(0xFF as UInt8)
    }
}
