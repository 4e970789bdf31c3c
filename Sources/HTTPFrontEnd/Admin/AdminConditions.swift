import AdminAPI
import Administration
import AuthorizationServer
import NIOHTTP1
import Primitives

extension AdminRequest {
    /// Characters of an `Idempotency-Key`.
    private static let keyLength = 1...255

    /// Hands `If-Match`, `Idempotency-Key` and where the request comes from on to the rules.
    ///
    /// - Throws: A ``Problem`` with status 400 for an `Idempotency-Key` that is none.
    mutating func takeConditions(for operation: AdminOperation) throws(Problem) {
        administrator.request = RequestFacts(
            address: address,
            requestID: requestID,
            condition: ifMatch.isEmpty ? nil : ResourceTag.entries(of: ifMatch),
            claim: try claim(for: operation)
        )
    }

    /// PATCH and DELETE are the same when they are done twice; only a POST needs a key.
    private func claim(for operation: AdminOperation) throws(Problem) -> IdempotencyClaim? {
        guard let key = idempotencyKey.first,
            Route.all.first(where: { bytesEqual($0.operation, operation.rawValue) })?.method == .POST
        else { return nil }
        guard idempotencyKey.count == 1, Self.keyLength.contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw AdminProblem.invalidQuery(
                "an Idempotency-Key is one header field of 1 to 255 visible ASCII characters"
            )
        }
        return IdempotencyClaim(
            caller: administrator.id,
            key: SHA256.hash(Array(key.utf8)),
            fingerprint: fingerprint(of: operation)
        )
    }

    /// Of everything that makes the request what it is; each part after its length.
    private func fingerprint(of operation: AdminOperation) -> SHA256Digest {
        var stream = SHA256Stream()
        func add(_ bytes: [UInt8]) {
            stream.update(Array("\(bytes.count):".utf8))
            stream.update(bytes)
        }
        add(Array(operation.rawValue.utf8))
        add(Array((target ?? "").utf8))
        for (name, value) in query {
            add(Array(name.utf8))
            add(Array(value.utf8))
        }
        add(body)
        return stream.finish()
    }
}
