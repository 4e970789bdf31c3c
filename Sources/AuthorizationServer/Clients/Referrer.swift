/// Which page a request comes from, by its own word: browsers tell the truth, others say what they like.
package enum Referrer: Sendable, Hashable {
    /// Nobody looks: only where tokens are issued does it matter.
    case notAsked
    /// Absent, `null`, more than one, or not to be read.
    case unknown
    case page(WebOrigin)

    /// `Origin`, and only where there is none `Referer`.
    ///
    /// - Parameters:
    ///   - origin: Every value of the header `Origin`.
    ///   - referer: Every value of the header `Referer`.
    package init(origin: [String], referer: [String]) {
        let page: WebOrigin?
        if origin.isEmpty {
            page = referer.count == 1 ? referer.first.flatMap { WebOrigin(ofURL: $0.utf8) } : nil
        } else {
            page = origin.count == 1 ? origin.first.flatMap { WebOrigin(parsing: $0.utf8) } : nil
        }
        self = page.map(Self.page) ?? .unknown
    }
}

/// From which pages a key may be used (`allowed_referrers`): a missing list does not ask, an empty one allows none.
package struct ReferrerList: Sendable, Hashable {
    private let origins: [WebOrigin]

    /// - Returns: `nil` when an entry is no origin.
    package init?(parsing entries: [String]) {
        let origins = entries.compactMap { WebOrigin(parsing: $0.utf8) }
        guard origins.count == entries.count else { return nil }
        self.origins = origins
    }

    package func allows(_ referrer: Referrer) -> Bool {
        switch referrer {
        case .notAsked: true
        case .unknown: false
        case .page(let origin): origins.contains(origin)
        }
    }
}
