package import AuthorizationServer
import GRDB
package import OAuth

extension SQLiteStore: UsageStore {
    package func add(_ usage: [UsageEntry]) async throws(StoreUnavailable) {
        guard !usage.isEmpty else { return }
        try await change { transaction in try transaction.add(usage) }
    }

    package func forgetUsage(before day: UsageDay, limit: Int) async throws(StoreUnavailable) -> Int {
        // Mostly there is nothing: that is found out without the writer.
        let isAny = try await answer { transaction in
            try transaction.holds("SELECT EXISTS (SELECT 1 FROM usage WHERE day < ?)", [day.number])
        }
        guard isAny else { return 0 }
        return try await keep { transaction in try transaction.forgetUsage(before: day, limit: limit) }
    }

    /// For ``ClientStore``.
    package func tokensIssued(to id: KeyID, since day: UsageDay) async throws(StoreUnavailable) -> Int64 {
        try await answer { transaction in
            let count = try transaction.first(
                """
                SELECT ifnull(sum(u.exchanges + u.refreshes), 0) FROM apiKey k
                CROSS JOIN usage u INDEXED BY usageByKey ON u.apiKey = k.number
                WHERE k.id = ? AND u.day >= ?
                """,
                [id.ulid.stored, day.number]
            ) { try $0.integer(0) }
            return count ?? 0
        }
    }
}
