import AdminAPI
import Testing

@Suite("Usage as comma-separated values: RFC 4180")
struct UsageTableTests {
    // threats: DSH-09
    @Test(arguments: [
        "=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "\n=1", "=\u{301}1", "\u{FF1D}1", "\u{FF0B}1",
        "\u{FF0D}1", "\u{FF20}sum", "=", "\r\n=1",
    ])
    func `a cell that a spreadsheet would calculate is text`(cell: String) {
        #expect(UsageTable.cell(cell) == Array("\"'".utf8) + Array(cell.utf8) + Array("\"".utf8))
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a=1", "a=1"), ("1-1", "1-1"), ("\u{FF1C}1", "\u{FF1C}1"),
        ("\u{FF1E}", "\u{FF1E}"), ("\u{FF0C}", "\u{FF0C}"), ("é", "é"), ("a,b", "\"a,b\""),
        ("a;b", "\"a;b\""), ("it's", "\"it's\""), ("\"", "\"\"\"\""), ("=\"", "\"'=\"\"\""),
    ])
    func `any other cell is what it was, in quotes where it has to be`(cell: String, expected: String) {
        #expect(UsageTable.cell(cell) == Array(expected.utf8))
    }
}
