// A process that can be traced, starved and killed: opens the store in the directory that is its first argument,
// makes as many changes as its second says, one after the other, keeps a ledger of them on standard output, and
// ends as the service does. Each change is a scope, whose name begins with the third argument.
import Administration
import AuthorizationServer
import Glibc
import SQLiteStore

/// Unbuffered: a ledger that dies with the process proves nothing.
func report(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[2]) else {
    report("usage: StoreProbe directory count prefix")
    exit(64)
}
umask(0)
do {
    let store = try SQLiteStore.open(directory: arguments[1], onChange: { _ in })
    for number in 0..<count {
        let name = "\(arguments[3]):\(number)"
        do {
            try await store.write { store in
                try store.insert(ScopeRecord(name: name, description: "", isBuiltIn: false))
            }
            report("done \(name)")
        } catch let fault as StoreUnavailable {
            report("failed \(name) \(fault.reason)")
        }
    }
    report("reopened \(store.statistics.reopenings)")
    store.close()
} catch {
    report("refused \(error)")
    exit(1)
}
