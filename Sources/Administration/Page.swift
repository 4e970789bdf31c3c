/// Part of a list, and where the next part begins.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// For ``PageRequest/after``; `nil` at the end.
    package var next: String?

    static var empty: Page { Page(items: [], next: nil) }

    private init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }

    /// Reads one row more than asked for, which tells whether there is a next page.
    init(_ page: PageRequest, position: (Item) -> String, read: (PageRequest) throws -> [Item]) rethrows {
        let rows = try read(PageRequest(limit: page.limit + 1, after: page.after))
        items = Array(rows.prefix(page.limit))
        next = rows.count > page.limit ? items.last.map(position) : nil
    }
}
