package import AdminAPI
package import AuthorizationServer
package import OAuth

/// What one key did on one day, as it is written down: some seconds late.
package struct UsageRecord: Sendable {
    package var key: KeyID
    package var name: String
    package var project: ProjectID
    package var day: UsageDay
    package var exchanges: Int64
    package var refreshes: Int64
    /// In the order of ``UsageDenial``; only those that there were.
    package var denials: [(reason: UsageDenial, count: Int64)]

    package init(
        key: KeyID,
        name: String,
        project: ProjectID,
        day: UsageDay,
        exchanges: Int64,
        refreshes: Int64,
        denials: [(reason: UsageDenial, count: Int64)]
    ) {
        self.key = key
        self.name = name
        self.project = project
        self.day = day
        self.exchanges = exchanges
        self.refreshes = refreshes
        self.denials = denials
    }

    /// Where it stands in a list, for ``PageRequest/after``.
    package var position: String { "\(day.number)/\(key)" }

    /// Reads a position; `nil` for what is none.
    package static func position(_ text: String) -> (day: UsageDay, key: KeyID)? {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, (1...7).contains(parts[0].count),
            let day = Int64(String(decoding: parts[0], as: UTF8.self)), day >= 0,
            let key = KeyID(parsing: Array(parts[1]))
        else { return nil }
        return (UsageDay(number: day), key)
    }

    package var message: UsageMessage {
        UsageMessage(
            key: key,
            name: name,
            project: project,
            day: day.start,
            exchanges: exchanges,
            refreshes: refreshes,
            denied: denials.map { ($0.reason.rawValue, $0.count) }
        )
    }
}

/// Which counters a list shows; `nil` members do not filter.
package struct UsageFilter: Sendable {
    /// As in ``KeyFilter``.
    package var visibleTo: KeyID?
    package var key: KeyID?
    package var project: ProjectID?
    package var from: UsageDay?
    /// This day too.
    package var to: UsageDay?

    package init(
        visibleTo: KeyID? = nil,
        key: KeyID? = nil,
        project: ProjectID? = nil,
        from: UsageDay? = nil,
        to: UsageDay? = nil
    ) {
        self.visibleTo = visibleTo
        self.key = key
        self.project = project
        self.from = from
        self.to = to
    }
}

/// How much keys are used.
extension Administration {
    /// The counters of the keys that the administrator sees; none without an `admin_role`.
    ///
    /// - Parameters:
    ///   - filter: `visibleTo` is decided here, whatever it says.
    ///   - project: An identifier or a name; one that does not exist has no keys.
    /// - Throws: ``AdminRefusal/missingScope(_:)``; any other error is a store failure.
    package func usage(
        _ filter: UsageFilter,
        project: String?,
        page: PageRequest,
        for operation: AdminOperation = .listUsage,
        by administrator: Administrator,
        at now: NumericDate
    ) async throws -> Page<UsageRecord> {
        try await read(operation, by: administrator, at: now) { reader, standing in
            guard let role = standing.role else { return .empty }
            var filter = filter
            filter.visibleTo = role == .superAdmin ? nil : standing.id
            if let project {
                guard let record = try reader.project(given: project) else { return .empty }
                filter.project = record.id
            }
            return try Page(page, position: \.position) { try reader.usage(filter, page: $0) }
        }
    }
}
