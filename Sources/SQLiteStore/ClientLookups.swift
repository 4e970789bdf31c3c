import AuthorizationServer
import Foundation
import GRDB
import Synchronization

/// Looks up what is asked for at the same time on one reading connection, one client after the other.
///
/// To hand one look to another thread and back costs several times what SQLite needs for it; and after a start each key that
/// is in use has to be looked up once.
final class ClientLookups: Sendable {
    private typealias Answer = Result<ClientRecord?, StoreUnavailable>

    private struct Lookup {
        let sql: String
        let argument: Data
        let continuation: CheckedContinuation<Answer, Never>
    }

    private struct State {
        var waiting: [Lookup] = []
        /// Connections that look, or have been asked to.
        var readers = 0
    }

    /// Looks of one connection before it is given back, for whoever else reads.
    private static let size = 32
    /// For each connection that looks, so many may wait before another is asked: one may be waiting for the disk.
    private static let line = 8
    /// The pool has more.
    private static let mostReaders = 3
    /// How long an answer may wait for the next ones, so that all of them wake those who asked at once.
    private static let rest = Duration.milliseconds(1)

    private let connections: Connections
    private let sharedLists: SharedLists
    private let state = Mutex(State())

    init(connections: Connections, sharedLists: SharedLists) {
        self.connections = connections
        self.sharedLists = sharedLists
    }

    /// - Parameters:
    ///   - sql: One of those of ``ClientQuery``.
    ///   - argument: What the client is found by.
    func client(_ sql: String, _ argument: Data) async throws(StoreUnavailable) -> ClientRecord? {
        let answer = await withCheckedContinuation { continuation in
            let asksReader = state.withLock { state in
                state.waiting.append(Lookup(sql: sql, argument: argument, continuation: continuation))
                guard state.readers < Self.mostReaders, state.waiting.count > state.readers * Self.line
                else { return false }
                state.readers += 1
                return true
            }
            if asksReader { askReader() }
        }
        return try answer.get()
    }

    private func askReader() {
        connections.database.asyncUnsafeRead { [self] database in
            var answers: [(Lookup, Answer)] = []
            var given = ContinuousClock.now
            for _ in 0..<Self.size {
                guard let lookup = next() else { break }
                answers.append((lookup, look(lookup, in: database)))
                guard .now - given > Self.rest else { continue }
                give(&answers)
                given = .now
            }
            give(&answers)
            // Anew, and so perhaps of connections that replace failed ones.
            if !isDone() { askReader() }
        }
    }

    private func next() -> Lookup? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    private func give(_ answers: inout [(Lookup, Answer)]) {
        for (lookup, answer) in answers { lookup.continuation.resume(returning: answer) }
        answers.removeAll(keepingCapacity: true)
    }

    /// Whether this reader is needed no more, and is one less from now on.
    private func isDone() -> Bool {
        state.withLock { state in
            if state.waiting.isEmpty { state.readers -= 1 }
            return state.waiting.isEmpty
        }
    }

    private func look(_ lookup: Lookup, in database: Result<Database, any Error>) -> Answer {
        do {
            let client = try ClientQuery.fetch(
                database.get(),
                lookup.sql,
                lookup.argument,
                sharing: sharedLists
            )
            return .success(client)
        } catch {
            return .failure(StoreFault.unavailable(error))
        }
    }
}
