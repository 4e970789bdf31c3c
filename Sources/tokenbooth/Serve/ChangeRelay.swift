import AuthorizationServer
import SQLiteStore
import Synchronization

/// Passes the store's changes on to everything that is kept in memory, before they are answered.
final class ChangeRelay: Sendable {
    private let board: StatusBoard
    private let denylist: Denylist
    private let directory = Mutex<ClientDirectory?>(nil)

    init(board: StatusBoard, denylist: Denylist) {
        self.board = board
        self.denylist = denylist
    }

    /// The directory is made after the store that it needs.
    func attach(_ directory: ClientDirectory) { self.directory.withLock { $0 = directory } }

    func pass(_ changes: [CommittedChange]) {
        for change in changes {
            switch change {
            case .status(let reference, let value): board.set(reference, to: value)
            case .denied(let token): denylist.insert(token)
            case .key, .everything: continue
            }
        }
        directory.withLock { $0 }?.apply(changes)
    }
}
