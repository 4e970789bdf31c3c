import Glibc

/// A terminal of a certain size, for a program that behaves otherwise on one.
final class PseudoTerminal {
    /// Where a program is to write.
    let path: String
    private let ours: Int32
    /// Kept open: without a program on it, reading would fail.
    private let theirs: Int32

    /// `TIOCSPTLCK` and `TIOCGPTN`, which are not imported.
    private static let (unlock, name) = (UInt(0x4004_5431), UInt(0x8004_5430))

    struct NotOpened: Error { let reason: Int32 }

    init(columns: UInt16) throws {
        ours = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (lock, number) = (Int32(0), Int32(0))
        let isOpen = unsafe ioctl(ours, Self.unlock, &lock) == 0 && ioctl(ours, Self.name, &number) == 0
        path = "/dev/pts/\(number)"
        guard isOpen else {
            theirs = -1
            throw NotOpened(reason: errno)
        }
        theirs = unsafe open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = unsafe ioctl(theirs, UInt(TIOCSWINSZ), &size)
        _ = fcntl(ours, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(theirs)
        close(ours)
    }

    /// What was written until the process ends, or until the condition holds.
    func text(of process: ChildProcess, seconds: Double = 20, until: (String) -> Bool = { _ in false })
        -> String
    {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let hasEnded = process.poll() != nil
            let count = unsafe read(ours, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
                continue
            }
            if hasEnded || until(String(decoding: bytes, as: UTF8.self)) { break }
            usleep(2000)
        }
        return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
    }
}
