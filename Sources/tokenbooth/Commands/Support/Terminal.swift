#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Standard output and standard error of a command.
enum Terminal {
    /// Writes text and a line feed to standard output.
    ///
    /// - Throws: ``CommandFailure`` when it cannot be written; silently when the reader has gone.
    static func print(_ text: String) throws(CommandFailure) {
        guard let number = write(Array((text + "\n").utf8), to: STDOUT_FILENO) else { return }
        throw CommandFailure(
            .refused,
            number == EPIPE ? "" : "cannot write to standard output: \(SystemError.text(number))"
        )
    }

    /// Says on standard error what went wrong; control characters in it are escaped, save line feeds of our own.
    static func complain(_ message: String) {
        note("Error: " + message)
    }

    /// Says something on standard error.
    static func note(_ message: String) {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
            .map { TerminalText.sanitized(String($0)) }
        _ = write(Array((lines.joined(separator: "\n") + "\n").utf8), to: STDERR_FILENO)
    }

    /// Writes to standard error as it is: only what is ours.
    static func draw(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Columns of the terminal behind standard output; `nil` when it is none.
    static var width: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Everything on standard input.
    ///
    /// - Parameter limit: Bytes.
    static func readInput(limit: Int) throws(CommandFailure) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.refused, "cannot read standard input: \(SystemError.text(errno))")
            }
            guard count > 0 else { return content }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= limit else {
                throw CommandFailure(.usage, "standard input is longer than \(limit) bytes")
            }
        }
    }

    /// - Returns: `errno` when not everything could be written.
    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> CInt? {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return errno }
            written += count
        }
        return nil
    }
}

private func systemWrite(_ descriptor: CInt, _ buffer: UnsafeRawBufferPointer) -> Int {
    unsafe write(descriptor, buffer.baseAddress, buffer.count)
}
