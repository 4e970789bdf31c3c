/// The epoch file: which course of the database this directory has last served (docs/decisions/0012-epoch.md).
extension KeysDirectory {
    private static let epochName = "epoch"

    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``FileError`` also for one that holds no number.
    func epoch() throws(FileError) -> Int64? {
        let content: [UInt8]
        do {
            content = try PrivateFile.read(Self.epochName, in: handle, limit: 32)
        } catch {
            guard error.kind == .notFound else { throw error }
            return nil
        }
        let digits = content.dropLast()
        guard content.last == UInt8(ascii: "\n"), (1...18).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else {
            throw .refused(
                path + "/" + Self.epochName,
                "is damaged; restore it, or remove it and start with --accept-restore"
            )
        }
        return digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// Returns when it is on the disk.
    func store(epoch: Int64) throws(FileError) {
        try PrivateFile.write(Array("\(epoch)\n".utf8), as: Self.epochName, in: handle, replacing: true)
    }
}
