import Testing

/// What a booth held before the tests of a suite (P5): afterwards it must hold no more.
struct Baseline {
    private let descriptors: Int
    private let residentKilobytes: Int

    /// The store opens up to four readers when it needs them, of a database and its log each.
    private static let lateDescriptors = 12
    /// Of caches, and of buffers that the allocator keeps; a leak of every response or connection is more.
    private static let lateKilobytes = 96 * 1024

    init(_ booth: Booth) throws {
        _ = try booth.connections()
        descriptors = booth.descriptors
        residentKilobytes = booth.residentKilobytes
    }

    /// Connections close a second after their last answer at the latest, so ten are plenty.
    func checkIsBack(_ booth: Booth) {
        let connections = eventually(seconds: 10) { (try? booth.connections()) == 1 ? 1 : nil }
        #expect(connections == 1, "open connections: \(String(describing: try? booth.connections()))")
        let limit = descriptors + Self.lateDescriptors
        let isBack = eventually(seconds: 10) { booth.descriptors <= limit ? true : nil } == true
        #expect(isBack, "\(booth.descriptors) descriptors, \(descriptors) before")
        let growth = booth.residentKilobytes - residentKilobytes
        #expect(growth <= Self.lateKilobytes, "\(growth) KiB more than before")
    }
}
