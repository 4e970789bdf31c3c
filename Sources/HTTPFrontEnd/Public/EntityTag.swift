/// Conditional requests (RFC 9110 §13.1.2).
enum EntityTag {
    /// Whether a client that sends these values of `If-None-Match` has the document already.
    ///
    /// Weak comparison, a list, or `*`.
    static func isKnown(_ tag: String, to conditions: [String]) -> Bool {
        conditions.contains { condition in
            condition.split(separator: ",").contains { entry in
                let text = String(entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                return text == "*" || text == tag || text == "W/" + tag
            }
        }
    }
}
