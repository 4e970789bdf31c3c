#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The variables that the process was started with.
enum ProcessEnvironment {
    static var variables: [String: String] { ProcessInfo.processInfo.environment }

    /// `NO_COLOR` forbids colours when it is set to anything but nothing (no-color.org).
    static var permitsColour: Bool { variables["NO_COLOR"]?.isEmpty ?? true }
}
