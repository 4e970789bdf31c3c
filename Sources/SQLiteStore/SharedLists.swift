import AuthorizationServer
import Primitives
import Synchronization

/// Equal lists of scopes and audiences as one array: a hundred thousand cached clients share a few.
final class SharedLists: Sendable {
    private struct Lists {
        var scopes: [ByteString: [String]] = [:]
        var audiences: [[ByteString?]: [AudienceRecord]] = [:]
    }

    private let lists = Mutex(Lists())
    /// Lists of a kind; past it all are forgotten, for the ones in use come back.
    private static let capacity = 1024

    func scopes(_ text: String) -> [String] {
        let key = ByteString(text)
        return lists.withLock { lists in
            if let known = lists.scopes[key] { return known }
            let words = WordList.words(text)
            if lists.scopes.count >= Self.capacity { lists.scopes.removeAll() }
            lists.scopes[key] = words
            return words
        }
    }

    func audiences(_ audiences: [AudienceRecord]) -> [AudienceRecord] {
        guard !audiences.isEmpty else { return [] }
        var key: [ByteString?] = []
        for audience in audiences {
            key.append(ByteString(audience.name))
            key.append(ByteString(audience.type))
            key.append(audience.algorithm.map(ByteString.init))
        }
        return lists.withLock { lists in
            if let known = lists.audiences[key] { return known }
            if lists.audiences.count >= Self.capacity { lists.audiences.removeAll() }
            lists.audiences[key] = audiences
            return audiences
        }
    }
}
