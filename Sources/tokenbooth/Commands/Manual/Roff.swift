/// A manual page in the making, in man(7); every text is escaped on its way in.
struct Roff {
    private(set) var text: String
    /// A paragraph break is needed before the next text, and has not been written.
    private var breaks = false

    init(title: String, section: Int, date: String, source: String) {
        text = ".TH \(title) \(section) \(date) \"\(Self.escaped(source))\"\n.nh\n.ad l\n"
    }

    mutating func section(_ title: String) { heading("SH", title) }

    mutating func subsection(_ title: String) { heading("SS", title) }

    private mutating func heading(_ request: String, _ title: String) {
        breaks = false
        text += ".\(request) \"\(Self.escaped(title))\"\n"
    }

    /// Begins a new paragraph with the next text.
    mutating func next() { breaks = true }

    /// A paragraph; what stands between back-ticks is bold.
    mutating func paragraph(_ words: String) {
        if breaks { text += ".PP\n" }
        breaks = false
        text += Self.line(words)
    }

    /// A name and what it means.
    mutating func item(_ name: String, _ words: String) {
        breaks = false
        text += ".TP\n\\fB\(Self.escaped(name))\\fR\n" + Self.line(words.isEmpty ? "-" : words)
    }

    /// Paragraphs with empty lines between them; indented lines are examples and keep their form.
    mutating func discussion(_ words: String) {
        var isExample = false
        for line in words.split(separator: "\n", omittingEmptySubsequences: false) {
            let isIndented = line.utf8.starts(with: "  ".utf8)
            if isExample, !isIndented { text += ".EE\n.RE\n" }
            if isIndented {
                if !isExample { text += ".sp\n.RS 4\n.EX\n" }
                text += Self.escapedLine(String(line.dropFirst(2))) + "\n"
            } else if line.isEmpty || isExample {
                next()
            }
            if !isIndented, !line.isEmpty { paragraph(String(line)) }
            isExample = isIndented
            if isExample { breaks = false }
        }
        if isExample { text += ".EE\n.RE\n" }
    }

    private static func line(_ words: String) -> String {
        let parts = words.split(separator: "`", omittingEmptySubsequences: false).map { escaped(String($0)) }
        // An odd number of parts: every back-tick has its partner.
        guard parts.count % 2 == 1 else { return escapedLine(words) + "\n" }
        let marked = parts.enumerated().map { $0.offset % 2 == 1 ? "\\fB\($0.element)\\fR" : $0.element }
        return protected(marked.joined()) + "\n"
    }

    private static func escapedLine(_ text: String) -> String { protected(escaped(text)) }

    /// A full stop or a quote at the beginning would be a request.
    private static func protected(_ line: String) -> String {
        line.first == "." || line.first == "'" ? "\\&" + line : line
    }

    private static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": output += "\\e"
            case "-": output += "\\-"
            case "'": output += "\\(aq"
            case "\"": output += "\\(dq"
            case "`": output += "\\(ga"
            case "^": output += "\\(ha"
            case "~": output += "\\(ti"
            case "\n": output += " "
            case " "..."~": output.unicodeScalars.append(scalar)
            default: output += "\\[u" + fourDigits(scalar.value) + "]"
            }
        }
        return output
    }

    private static func fourDigits(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
