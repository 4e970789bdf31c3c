import Primitives

/// The little Markdown that the descriptions use: paragraphs, lists with `-`, fenced code, and within a line
/// `code`, `**bold**` and `[links](https://…)`.
///
/// Everything else is text. Nothing in it can become markup that is not listed here.
struct Markdown {
    private enum Block {
        case paragraph(String)
        case list([String])
        case code(String)
    }

    private let blocks: [Block]

    init(_ source: String) {
        var blocks: [Block] = []
        var fence: [String]?
        // Whether the next line continues the block before.
        var isOpen = false
        for slice in source.split(separator: "\n", omittingEmptySubsequences: false) {
            let line = String(slice)
            if line.hasPrefix("```") {
                if let code = fence { blocks.append(.code(code.joined(separator: "\n"))) }
                fence = fence == nil ? [] : nil
                isOpen = false
            } else if fence != nil {
                fence?.append(line)
            } else if line.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) {
                isOpen = false
            } else if line.hasPrefix("- ") {
                var items: [String] = []
                if case .list(let earlier) = blocks.last {
                    items = earlier
                    blocks.removeLast()
                }
                blocks.append(.list(items + [String(line.dropFirst(2))]))
                isOpen = true
            } else {
                Self.append(line, to: &blocks, continuing: isOpen)
                isOpen = true
            }
        }
        self.blocks = blocks
    }

    private static func append(_ line: String, to blocks: inout [Block], continuing isOpen: Bool) {
        let text = String(line.drop { $0 == " " })
        switch blocks.last {
        case .paragraph(let earlier) where isOpen:
            blocks[blocks.count - 1] = .paragraph("\(earlier)\n\(text)")
        case .list(var items) where isOpen:
            items.append("\(items.removeLast())\n\(text)")
            blocks[blocks.count - 1] = .list(items)
        default:
            blocks.append(.paragraph(text))
        }
    }

    func write(to html: inout HTMLWriter) {
        for block in blocks {
            switch block {
            case .paragraph(let text):
                html.element("p") { Self.write(text, to: &$0) }
            case .list(let items):
                html.element("ul") { html in
                    for item in items { html.element("li") { Self.write(item, to: &$0) } }
                }
            case .code(let text):
                html.element("pre") { $0.element("code", text: text) }
            }
        }
    }

    /// Writes one run of text with the markup that stands within a line.
    static func write(_ text: String, to html: inout HTMLWriter) {
        var rest = Array(text.utf8)[...]
        var literal: [UInt8] = []
        while let byte = rest.first {
            guard let span = Span(startOf: rest) else {
                literal.append(byte)
                rest.removeFirst()
                continue
            }
            html.text(String(decoding: literal, as: UTF8.self))
            literal = []
            span.write(to: &html)
            rest = span.rest
        }
        html.text(String(decoding: literal, as: UTF8.self))
    }

    /// Marked-up text within a line, and what stands behind it.
    private struct Span {
        private enum Kind {
            case code
            case bold
            case link(String)
        }

        private let kind: Kind
        private let text: String
        let rest: ArraySlice<UInt8>

        /// - Returns: `nil` when `bytes` begin with no markup, or with one that does not end.
        init?(startOf bytes: ArraySlice<UInt8>) {
            if let (text, rest) = Self.content(of: bytes, from: "`", to: "`") {
                (kind, self.text, self.rest) = (.code, text, rest)
            } else if let (text, rest) = Self.content(of: bytes, from: "**", to: "**") {
                (kind, self.text, self.rest) = (.bold, text, rest)
            } else if let (text, behind) = Self.content(of: bytes, from: "[", to: "]"),
                let (target, rest) = Self.content(of: behind, from: "(", to: ")"),
                target.hasPrefix("https://") || target.hasPrefix("#")
            {
                (kind, self.text, self.rest) = (.link(target), text, rest)
            } else {
                return nil
            }
        }

        private static func content(
            of bytes: ArraySlice<UInt8>,
            from opening: String,
            to closing: String
        ) -> (String, ArraySlice<UInt8>)? {
            guard bytes.starts(with: opening.utf8) else { return nil }
            let start = bytes.startIndex + opening.utf8.count
            let end = closing.utf8
            var index = start
            while index + end.count <= bytes.endIndex {
                if index > start, bytes[index...].starts(with: end) {
                    return (
                        String(decoding: bytes[start..<index], as: UTF8.self), bytes[(index + end.count)...]
                    )
                }
                index += 1
            }
            return nil
        }

        func write(to html: inout HTMLWriter) {
            switch kind {
            case .code: html.element("code", text: text)
            case .bold: html.element("strong") { Markdown.write(text, to: &$0) }
            case .link(let target): html.link(to: target, text: text)
            }
        }
    }
}
