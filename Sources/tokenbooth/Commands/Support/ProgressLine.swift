/// One line on standard error that says how far long work is; nothing where that is no terminal.
struct ProgressLine {
    private let isShown: Bool
    private var last = ""

    init(isQuiet: Bool) { isShown = !isQuiet && Terminal.isErrorTerminal }

    /// - Parameters:
    ///   - done: Bytes.
    ///   - total: Bytes; 0 when it is not known.
    mutating func show(_ work: String, _ done: Int64, of total: Int64) {
        let percent = total >= 100 ? min(100, done / (total / 100)) : 0
        draw("\(work): \(percent) % of \(ByteCount.text(total))")
    }

    /// - Parameter done: In words.
    mutating func show(_ work: String, _ done: String) { draw("\(work): \(done)") }

    mutating func clear() { draw("") }

    private mutating func draw(_ text: String) {
        guard isShown, text != last else { return }
        let blank = String(repeating: " ", count: max(0, last.utf8.count - text.utf8.count))
        last = text
        Terminal.draw("\r" + text + blank + (text.isEmpty ? "\r" : ""))
    }
}

/// Sizes for people.
enum ByteCount {
    /// Such as `12.3 MiB`.
    static func text(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return "\(bytes) B" }
        var (tenths, unit) = (bytes / 1024 * 10 + bytes % 1024 * 10 / 1024, 0)
        while tenths >= 10_240, unit < 3 { (tenths, unit) = (tenths / 1024, unit + 1) }
        return "\(tenths / 10).\(tenths % 10) \(["KiB", "MiB", "GiB", "TiB"][unit])"
    }
}
