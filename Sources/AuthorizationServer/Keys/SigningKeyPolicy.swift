package import OAuth

/// What the configuration says about the ages of signing keys.
package struct SigningKeyPolicy: Sendable, Equatable {
    /// Names of JWS algorithms; the first is the default.
    package var algorithms: [String]
    package var copies: KeySetCopies
    /// Seconds on top of every wait, for what is under way and for clocks that differ.
    package var margin: Int
    /// Seconds that an access token may live at most.
    package var tokenLifetime: Int
    /// Seconds that a signed list may be used at most.
    package var listLifetime: Int
    /// Seconds after which a key is replaced.
    package var rotation: Int64

    package init(
        algorithms: [String],
        copies: KeySetCopies,
        margin: Int = 60,
        tokenLifetime: Int = 3600,
        listLifetime: Int = 300,
        rotation: Int64 = 90 * 86_400
    ) {
        self.algorithms = algorithms
        self.copies = copies
        self.margin = margin
        self.tokenLifetime = tokenLifetime
        self.listLifetime = listLifetime
        self.rotation = rotation
    }

    /// From when on a key may sign that is first published at `now`.
    package func usableAt(publishedAt now: NumericDate) -> NumericDate {
        copies.end(at: now).advanced(by: Int64(margin))
    }

    package func signs(_ algorithm: String) -> Bool {
        algorithms.contains { $0.utf8.elementsEqual(algorithm.utf8) }
    }
}

/// How long verifiers may go on with a key set that they have.
package struct KeySetCopies: Sendable, Equatable {
    /// Seconds: the `max-age` that goes out with the key set now.
    package var maxAge: Int
    /// Until when a copy may live that went out with a longer `max-age`, before the setting was lowered.
    package var earlierUntil: NumericDate?

    package init(maxAge: Int, earlierUntil: NumericDate? = nil) {
        self.maxAge = maxAge
        self.earlierUntil = earlierUntil
    }

    /// When the last copy has been given up that was handed out until `now`.
    package func end(at now: NumericDate) -> NumericDate {
        let end = now.advanced(by: Int64(maxAge))
        return max(end, earlierUntil ?? end)
    }

    /// These copies after the setting has become `maxAge`.
    package func changed(to maxAge: Int, at now: NumericDate) -> KeySetCopies {
        guard maxAge < self.maxAge else { return KeySetCopies(maxAge: maxAge, earlierUntil: earlierUntil) }
        return KeySetCopies(maxAge: maxAge, earlierUntil: end(at: now))
    }
}
