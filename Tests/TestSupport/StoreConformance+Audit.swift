package import Administration
package import AuthorizationServer
package import OAuth
package import Primitives
import Testing

extension StoreConformance {
    static let auditRules: [Rule] = [
        Rule("events are numbered without gaps, and each has the hash of the one before") { store, _ in
            try await store.change { writer in
                for number in 1...5 { try writer.record(AuditSample.event(number)) }
            }
            try await store.change { try $0.record(AuditSample.event(6)) }
            let entries = try await store.read { try $0.auditEntries(after: 0, limit: 100) }
            #expect(entries.map(\.number) == Array(1...6))
            var previous = AuditHead(number: 0, hash: AuditSample.zeros)
            for entry in entries {
                #expect(entry.previousHash == previous.hash && entry.hash == entry.expectedHash)
                previous = entry.head
            }
            let ids = entries.map(\.id)
            #expect(ids == ids.sorted() && Set(ids).count == 6)
            #expect(try await store.read { try $0.auditHead() } == previous)
            let first = try #require(entries.first)
            #expect(first.actor == "key-1" && first.action == "act_1" && first.target == "target")
            #expect(first.address == "192.0.2.1" && first.requestID == "r1")
            #expect(first.changes == #"{"name":{"from":"é \" \u0001","to":1}}"#)
        },
        Rule("a transaction that fails leaves no event, and the chain goes on as if it had not been") {
            store,
            _ in
            try await store.change { try $0.record(AuditSample.event(1)) }
            let refusal = await store.failure { writer in
                try writer.record(AuditSample.event(2))
                throw AdminRefusal.conflict("no")
            }
            #expect(refusal is AdminRefusal)
            try await store.change { try $0.record(AuditSample.event(3)) }
            let entries = try await store.read { try $0.auditEntries(after: 0, limit: 100) }
            #expect(entries.map(\.action) == ["act_1", "act_3"])
            #expect(try await store.read { try $0.checkedAuditChain().fault } == nil)
        },
        Rule("a list of events begins with the latest, pages on, and its filters are exact") { store, _ in
            try await store.change { writer in
                for number in 1...9 { try writer.record(AuditSample.event(number)) }
                try writer.record(AuditSample.event(2, at: 100))
            }
            func numbers(_ filter: AuditFilter, _ page: PageRequest) async throws -> [Int64] {
                try await store.read { try $0.auditEntries(filter, page: page) }.map(\.number)
            }
            let all = PageRequest(limit: 100, after: nil)
            #expect(try await numbers(AuditFilter(), all) == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
            #expect(try await numbers(AuditFilter(actor: "key-2"), all) == [10, 2])
            #expect(
                try await numbers(AuditFilter(actor: "key-2", action: "act_2", target: "target"), all) == [
                    10, 2,
                ]
            )
            #expect(try await numbers(AuditFilter(actor: "key-2", action: "act_3"), all) == [])
            #expect(try await numbers(AuditFilter(target: "Target"), all) == [])
            let middle = AuditFilter(from: AuditSample.time(3), to: AuditSample.time(6))
            #expect(try await numbers(middle, all) == [5, 4, 3])
            var (seen, page): ([Int64], PageRequest) = ([], PageRequest(limit: 3, after: nil))
            while true {
                let entries = try await store.read { [page] in try $0.auditEntries(AuditFilter(), page: page)
                }
                guard let last = entries.last else { break }
                seen += entries.map(\.number)
                page.after = last.position
            }
            #expect(seen == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
        },
        Rule("old events are forgotten from the front, never the last, and the chain still holds") {
            store,
            _ in
            try await store.change { writer in
                for number in 1...5 { try writer.record(AuditSample.event(number)) }
            }
            func forget(_ time: NumericDate, _ limit: Int) async throws -> Int {
                try await store.write { try $0.forgetAuditEntries(before: time, limit: limit) }
            }
            #expect(try await forget(AuditSample.time(1), 10) == 0)
            #expect(try await forget(AuditSample.time(4), 2) == 2)
            #expect(try await forget(AuditSample.time(4), 2) == 1)
            #expect(try await store.read { try $0.auditStart().number } == 3)
            #expect(try await forget(NumericDate(.max), 10) == 1)
            #expect(try await forget(NumericDate(.max), 10) == 0)
            try await store.change { try $0.record(AuditSample.event(6)) }
            let entries = try await store.read { try $0.auditEntries(after: 0, limit: 10) }
            #expect(entries.map(\.number) == [5, 6])
            let chain = try await store.read { try $0.checkedAuditChain() }
            #expect(chain.fault == nil && chain.checked == 2 && chain.head.number == 6)
        },
        Rule("the end of a family and its event are one change") { store, _ in
            try await store.fill()
            var desk = try await FamilyDesk(store)
            desk.policy.grace = 0
            let token = try await desk.opened()
            _ = try await desk.rotated(token)
            #expect(try await store.read { try $0.auditHead().number } == 0)
            #expect(try await desk.outcome(token).event?.kind == .reuse)
            #expect(try await desk.isRevoked(token) == true)
            let event = try #require(try await store.read { try $0.auditEntries(after: 0, limit: 2) }.first)
            #expect(event.action == "refresh_reuse" && event.target == token.family.description)
            #expect(event.actor == desk.client.id.description && event.changes == #"{"generation":0}"#)
        },
    ]

    static let idempotencyRules: [Rule] = [
        Rule("an answer is kept for a day, for its caller and its key") { store, _ in
            let claim = AuditSample.claim(1)
            let body = JSONValue.object(JSONObject([("id", .string("a"))]))
            try await store.change { try $0.keep(body, isComplete: true, for: claim, at: StoreSample.now) }
            func kept(_ claim: IdempotencyClaim, _ seconds: Int64) async throws -> KeptAnswer? {
                try await store.read {
                    try $0.keptAnswer(to: claim, at: StoreSample.now.advanced(by: seconds))
                }
            }
            let answer = try #require(try await kept(claim, 86_399))
            #expect(answer.body?.serialized == body.serialized && answer.isComplete)
            #expect(answer.fingerprint == claim.fingerprint)
            #expect(try await kept(claim, 86_400) == nil)
            #expect(try await kept(AuditSample.claim(2), 0) == nil)
            var other = claim
            other.caller = StoreSample.keyID(9)
            #expect(try await kept(other, 0) == nil)
        },
        Rule("an answer is never replaced, but one that is incomplete may be completed") { store, _ in
            let claim = AuditSample.claim(1)
            try await store.change { try $0.keep(nil, isComplete: false, for: claim, at: StoreSample.now) }
            try await store.change {
                try $0.keep(.bool(true), isComplete: true, for: claim, at: StoreSample.now)
            }
            let refusal = await store.failure {
                try $0.keep(.bool(false), isComplete: true, for: claim, at: StoreSample.now)
            }
            #expect(refusal is AdminRefusal)
            let answer = try await store.read { try $0.keptAnswer(to: claim, at: StoreSample.now) }
            #expect(answer?.body?.bool == true)
        },
        Rule("answers that nobody may ask for again are forgotten, and their keys are free") { store, _ in
            for number in 1...3 {
                let time = StoreSample.now.advanced(by: Int64(number))
                try await store.change {
                    try $0.keep(nil, isComplete: true, for: AuditSample.claim(number), at: time)
                }
            }
            let later = StoreSample.now.advanced(by: 86_402)
            #expect(try await store.write { try $0.forgetAnswers(at: later, limit: 1) } == 1)
            #expect(try await store.write { try $0.forgetAnswers(at: later, limit: 9) } == 1)
            #expect(try await store.write { try $0.forgetAnswers(at: later, limit: 9) } == 0)
            try await store.change {
                try $0.keep(nil, isComplete: true, for: AuditSample.claim(1), at: later)
            }
            let much = later.advanced(by: 86_400)
            try await store.change {
                try $0.keep(.null, isComplete: true, for: AuditSample.claim(3), at: much)
            }
        },
    ]
}

/// Events and claims, each different by its number.
package enum AuditSample {
    package static let zeros = SHA256Digest(bytes: Array(repeating: 0, count: 32)) ?? SHA256.hash([])

    package static func time(_ number: Int) -> NumericDate { StoreSample.now.advanced(by: Int64(number)) }

    package static func event(_ number: Int, at seconds: Int? = nil) -> AuditEvent {
        AuditEvent(
            "act_\(number)",
            on: "target",
            by: AuditSource(
                actor: "key-\(number)",
                address: IPAddress(parsing: "192.0.2.\(number)".utf8),
                requestID: "r\(number)"
            ),
            changes: JSONObject([
                (
                    "name",
                    .object(JSONObject([("from", .string("é \" \u{1}")), ("to", .number(JSONNumber(1)))]))
                )
            ]),
            at: time(seconds ?? number)
        )
    }

    package static func claim(_ number: Int) -> IdempotencyClaim {
        IdempotencyClaim(
            caller: StoreSample.keyID(1),
            key: StoreSample.digest(number),
            fingerprint: StoreSample.digest(100 + number)
        )
    }
}
