#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The names in a directory.
enum DirectoryEntries {
    /// Sorted by their bytes, without `.` and `..`.
    ///
    /// - Parameter repaired: Whether a name that is not UTF-8 is listed, too, with U+FFFD for what is wrong in it; it is
    ///   none of ours, and else left out.
    static func names(in directory: FileHandle, repaired: Bool = false) throws(FileError) -> [String] {
        // A descriptor of its own: reading moves the position, and closing the stream closes it.
        let copy = try FileHandle.open(directory.path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let descriptor = dup(copy.descriptor)
        guard descriptor >= 0, let stream = unsafe fdopendir(descriptor) else {
            if descriptor >= 0 { close(descriptor) }
            throw .system(directory.path, "list it", errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(validatingCString: $0) ?? (repaired ? String(cString: $0) : nil)
                }
            }
            guard let name, name != ".", name != ".." else { continue }
            names.append(name)
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
