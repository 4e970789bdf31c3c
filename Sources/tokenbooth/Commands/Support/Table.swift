import Primitives

/// Rows of text in columns that fit the terminal.
struct Table: Sendable {
    let header: [String]
    /// As many cells each as the header has.
    let rows: [[String]]

    private static let gap = 2
    /// Columns of the terminal below which no column shrinks.
    private static let minimum = 6

    /// - Parameter width: Columns of the terminal; `nil` cuts nothing. Where it is too narrow for all columns, the last
    ///   are left out before what names the row is cut.
    func lines(width: Int?) -> [String] {
        let cells = ([header] + rows).map { $0.map { TerminalText.sanitized($0) } }
        var widths = header.indices.map { column in cells.map { Self.width(of: $0[column]) }.max() ?? 0 }
        if let width {
            while widths.count > 2, Self.least(widths) > width { widths.removeLast() }
            Self.shrink(&widths, to: width)
        }
        return cells.map { row in
            var line = ""
            for (column, cell) in row.prefix(widths.count).enumerated() {
                let text = Self.cut(cell, to: widths[column])
                line += text
                guard column < widths.count - 1 else { break }
                line += String(repeating: " ", count: widths[column] - Self.width(of: text) + Self.gap)
            }
            while line.utf8.last == 0x20 { line.removeLast() }
            return line
        }
    }

    /// Columns of the terminal for a first column that is whole and others that are cut as far as they can be.
    private static func least(_ widths: [Int]) -> Int {
        (widths.first ?? 0) + widths.dropFirst().reduce(0) { $0 + min($1, minimum) + gap }
    }

    /// Takes from the widest column as long as the line is too long; the first, which names the row, goes last.
    private static func shrink(_ widths: inout [Int], to total: Int) {
        while widths.reduce(0, +) + gap * (widths.count - 1) > total {
            let candidates = widths.indices.filter { widths[$0] > minimum }
            let preferred = candidates.filter { $0 > 0 }
            guard
                let widest = (preferred.isEmpty ? candidates : preferred).max(by: { widths[$0] < widths[$1] })
            else { return }
            widths[widest] -= 1
        }
    }

    private static func cut(_ text: String, to width: Int) -> String {
        guard Self.width(of: text) > width else { return text }
        var kept = ""
        var used = 0
        for character in text {
            let next = Self.width(of: String(character))
            guard used + next <= width - 1 else { break }
            kept.append(character)
            used += next
        }
        return kept + "…"
    }

    /// Columns that a terminal gives to the text.
    static func width(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
    }

    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20..<0x7F: return 1
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 1
        }
    }
}

extension Table {
    /// The members of one object, a row each.
    init(_ object: JSONObject) {
        let rows = object.members.map { [$0.name, AdminSession.text($0.value)] }
        self.init(header: ["FIELD", "VALUE"], rows: rows)
    }
}
