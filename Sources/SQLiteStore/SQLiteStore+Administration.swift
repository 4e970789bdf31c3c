package import Administration

extension SQLiteStore: AdminStore {
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any AdminReader) throws -> Value
    ) async throws -> Value {
        try await read(isSnapshot: true) { db in try body(StoreTransaction(db)) }
    }

    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (any AdminWriter) throws -> Value
    ) async throws -> Value {
        try await committer.commit { transaction in try body(transaction) }
    }
}
