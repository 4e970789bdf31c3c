package import AuthorizationServer
package import OAuth
package import Primitives

/// What a rule has to know of a request besides who asks and for what.
package struct RequestFacts: Sendable {
    /// Where it came from, after trusted proxies.
    package var address: IPAddress?
    package var requestID: String
    /// The entries of `If-Match`; `nil` without.
    package var condition: [String]?
    /// Of `Idempotency-Key`; `nil` without, and where it has no say.
    package var claim: IdempotencyClaim?

    package init(
        address: IPAddress? = nil,
        requestID: String = "",
        condition: [String]? = nil,
        claim: IdempotencyClaim? = nil
    ) {
        self.address = address
        self.requestID = requestID
        self.condition = condition
        self.claim = claim
    }
}

/// A request that its caller may send again without its being done again.
package struct IdempotencyClaim: Sendable, Hashable {
    package var caller: KeyID
    /// Of the `Idempotency-Key`.
    package var key: SHA256Digest
    /// Of everything that makes the request what it is.
    package var fingerprint: SHA256Digest

    package init(caller: KeyID, key: SHA256Digest, fingerprint: SHA256Digest) {
        self.caller = caller
        self.key = key
        self.fingerprint = fingerprint
    }

    /// Seconds for which an answer is kept.
    package static let lifetime: Int64 = 86_400
}

/// What became of a request that is sent again.
package struct KeptAnswer: Sendable {
    package var fingerprint: SHA256Digest
    /// Without any secret; `nil` where nothing was answered but that it is done.
    package var body: JSONValue?
    /// Whether the answer is known; a crash between a change of the signing keys and its answer loses it.
    package var isComplete: Bool

    package init(fingerprint: SHA256Digest, body: JSONValue?, isComplete: Bool) {
        self.fingerprint = fingerprint
        self.body = body
        self.isComplete = isComplete
    }
}

package protocol IdempotencyReader {
    /// - Returns: `nil` when the caller has sent no request with this key within ``IdempotencyClaim/lifetime``.
    func keptAnswer(to claim: IdempotencyClaim, at now: NumericDate) throws -> KeptAnswer?
}

package protocol IdempotencyWriter: IdempotencyReader {
    /// Keeps the answer to a request in the transaction that does what it asks.
    ///
    /// - Parameter body: Without any secret; `nil` where nothing is answered.
    /// - Throws: ``AdminRefusal/conflict(_:)`` when there is an answer with this key already.
    func keep(_ body: JSONValue?, isComplete: Bool, for claim: IdempotencyClaim, at now: NumericDate) throws

    /// Forgets answers that nobody may ask for again.
    ///
    /// - Returns: How many, at most `limit`.
    func forgetAnswers(at now: NumericDate, limit: Int) throws -> Int
}
