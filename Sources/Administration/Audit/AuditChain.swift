import Primitives

/// Walks along the trail and compares it with itself: every number, every hash, from the start to the head.
package struct AuditChain: Sendable {
    /// Where the trail is not what was written.
    package struct Fault: Sendable, Equatable {
        /// The place of the event.
        package var number: Int64
        package var detail: String

        package init(number: Int64, detail: String) {
            self.number = number
            self.detail = detail
        }
    }

    /// The last event that is in order.
    package private(set) var head: AuditHead
    package private(set) var checked = 0
    /// The first one; nothing behind it is looked at.
    package private(set) var fault: Fault?
    /// Somebody has seen this event elsewhere.
    private let witness: (number: Int64, hash: [UInt8])?
    private var start: AuditHead
    /// Whether the witness was forgotten before it could be compared.
    package private(set) var hasLostWitness = false

    /// Events that are read at a time.
    package static let slice = 1000

    /// - Parameters:
    ///   - start: What the first event refers to.
    ///   - witness: An event that must be there, and how its hash begins.
    package init(after start: AuditHead, witness: (number: Int64, hash: [UInt8])? = nil) {
        self.start = start
        self.witness = witness
        head = start
    }

    package mutating func check(_ entries: [AuditEntry]) {
        for entry in entries where fault == nil { check(entry) }
    }

    private mutating func check(_ entry: AuditEntry) {
        let next = head.number &+ 1
        guard entry.number == next else {
            return fail(next, "is missing: the next one that is there is \(entry.number)")
        }
        guard entry.previousHash == head.hash else {
            return fail(next, "does not refer to the event before it")
        }
        guard entry.hash == entry.expectedHash else { return fail(next, "was changed") }
        head = entry.head
        checked += 1
        if let witness, witness.number == head.number { compare(witness) }
    }

    /// Whether the trail ends where it says, and has what was seen of it.
    ///
    /// - Parameter last: As the store has it.
    package mutating func finish(at last: AuditHead) {
        guard fault == nil else { return }
        guard head == last else { return fail(last.number, "is the last by its number, and not there") }
        guard let witness, witness.number > head.number || witness.number == start.number else { return }
        guard witness.number == start.number else {
            return fail(witness.number, "was seen, and is not there: the trail ends at \(head.number)")
        }
        compare(witness, with: start)
    }

    /// Goes on behind what was forgotten while the trail was read.
    ///
    /// - Parameter start: The last event that was forgotten; one that was read before is nothing new.
    package mutating func begin(after start: AuditHead) {
        guard fault == nil, start.number > head.number else { return }
        if let witness {
            hasLostWitness = witness.number > head.number && witness.number < start.number
            if witness.number == self.start.number { compare(witness, with: self.start) }
        }
        self.start = start
        head = start
    }

    private mutating func compare(_ witness: (number: Int64, hash: [UInt8]), with head: AuditHead? = nil) {
        guard (head ?? self.head).hash.bytes.starts(with: witness.hash) else {
            return fail(witness.number, "is another than the one that was seen")
        }
    }

    private mutating func fail(_ number: Int64, _ detail: String) {
        fault = Fault(number: number, detail: detail)
    }
}

extension AuditReader {
    /// Checks the whole trail, some events at a time, in one transaction: for a file that nobody writes to.
    package func checkedAuditChain(witness: (number: Int64, hash: [UInt8])? = nil) throws -> AuditChain {
        var chain = AuditChain(after: try auditStart(), witness: witness)
        let last = try auditHead()
        while chain.fault == nil {
            let entries = try auditEntries(after: chain.head.number, limit: AuditChain.slice)
            guard !entries.isEmpty else { break }
            chain.check(entries)
        }
        chain.finish(at: last)
        return chain
    }
}
