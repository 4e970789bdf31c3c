import JOSE
import OAuth
import Primitives

/// When a signed list was made, and for how long it says what is true.
struct ListTimes: Sendable {
    let issuedAt: NumericDate
    let expiresAt: NumericDate
    /// Seconds between two fetches.
    let timeToLive: Int64
    /// When the fetch began that brought or confirmed it: milliseconds of ``Moment/uptime``.
    var confirmedAt: Int64

    /// When the next copy is to be fetched: milliseconds of ``Moment/uptime``.
    var dueAt: Int64 { confirmedAt + timeToLive * 1000 }

    /// Whether it is recent enough for the promise, counted from the beginning of the fetch.
    func isUsable(at moment: Moment, _ configuration: VerifierConfiguration) -> Bool {
        let tolerance = configuration.listTolerance ?? Int64(configuration.fetchTimeout)
        return moment.uptime - confirmedAt <= (timeToLive + tolerance) * 1000
            && moment.now < expiresAt.advanced(by: Int64(configuration.clockSkew) + tolerance)
    }

    /// Whether an answer that has this list, or confirms it, can be of now.
    ///
    /// The issuer signs a list anew for whoever asks once its `ttl` is over, so one that is older was kept by somebody.
    func checkAge(at now: NumericDate, skew: Int64) throws(DocumentFault) {
        guard now < expiresAt.advanced(by: skew) else { throw DocumentFault("it has expired") }
        guard now <= issuedAt.advanced(by: timeToLive).advanced(by: skew) else {
            throw DocumentFault("it is older than its ttl")
        }
        // One from the future would stop all that come after it.
        guard issuedAt <= now.advanced(by: skew) else { throw DocumentFault("its iat is in the future") }
    }
}

/// A list whose signature, type, issuer, address and age are right.
struct SignedList: Sendable {
    let claims: JSONObject
    var times: ListTimes

    /// - Parameters:
    ///   - type: `typ` of the JOSE header.
    ///   - address: Where it was fetched; its `sub`, byte for byte.
    ///   - previous: The times of the copy that is known: a list with an earlier `iat` is not followed.
    init(
        parsing bytes: [UInt8],
        type: String,
        address: String,
        keySet: KeySet,
        previous: ListTimes?,
        at moment: Moment,
        _ configuration: VerifierConfiguration
    ) throws(DocumentFault) {
        let payload: [UInt8]
        do {
            let jws = try CompactJWS(parsing: bytes, maximumSize: DocumentBounds.list)
            guard bytesEqual(jws.type ?? "", type) else { throw DocumentFault("its typ is not \(type)") }
            guard let kid = jws.kid else { throw DocumentFault("it has no kid") }
            guard let key = keySet[kid] else { throw DocumentFault.unknownKey }
            payload = try jws.verified(by: key).payload
        } catch { throw DocumentFault(error) }
        guard case .object(let claims)? = try? JSONValue(parsing: payload) else {
            throw DocumentFault("its claims are not a JSON object")
        }
        guard bytesEqual(claims["iss"]?.string ?? "", configuration.issuer) else {
            throw DocumentFault("it is of another issuer")
        }
        guard bytesEqual(claims["sub"]?.string ?? "", address) else {
            throw DocumentFault("it is another list than the one that was asked for")
        }
        guard let issuedAt = claims["iat"]?.integer, let expiresAt = claims["exp"]?.integer,
            let timeToLive = claims["ttl"]?.integer, timeToLive > 0
        else { throw DocumentFault("iat, exp or ttl is not a whole number of seconds") }
        times = ListTimes(
            issuedAt: NumericDate(issuedAt),
            expiresAt: NumericDate(expiresAt),
            timeToLive: min(timeToLive, 3600),
            confirmedAt: moment.uptime
        )
        if let previous, times.issuedAt < previous.issuedAt {
            throw DocumentFault("it is older than the one that is known")
        }
        try times.checkAge(at: moment.now, skew: Int64(configuration.clockSkew))
        self.claims = claims
    }
}
