import JOSE
package import OAuth
import Primitives
import Synchronization

/// A signed list as it goes out: a compact JWS, the same bytes for everyone until it is signed anew.
package final class SignedList: Sendable {
    package let body: [UInt8]
    /// A strong entity tag of ``body``, quotes included (RFC 9110 §8.8.3).
    package let entityTag: String

    init(body: [UInt8], entityTag: String) {
        self.body = body
        self.entityTag = entityTag
    }
}

/// What a list is signed with: the settings and keys of whoever asks for it.
package struct ListTerms: Sendable {
    package var issuer: String
    /// Its default key signs.
    package var ring: KeyRing
    /// Seconds until a verifier is to look again; 1 to 300.
    package var timeToLive: Int

    package init(issuer: String, ring: KeyRing, timeToLive: Int) {
        self.issuer = issuer
        self.ring = ring
        self.timeToLive = timeToLive
    }
}

/// One reading of two clocks.
package struct Moment: Sendable {
    package var now: NumericDate
    /// Nanoseconds of a clock that nobody sets.
    package var uptime: UInt64

    package init(now: NumericDate, uptime: UInt64) {
        self.now = now
        self.uptime = uptime
    }
}

/// Keeps one signed list, for all event loops, and signs it anew when somebody asks for it and must not get it.
///
/// That is: after a change, but at most once a second; when its `ttl` is over; when its key is gone. `iat` rises
/// strictly, so that of two copies a verifier can tell the later one, whatever becomes of the wall clock.
final class SignedListSlot: Sendable {
    private struct Copy {
        let list: SignedList
        let changes: UInt64
        let issuedAt: NumericDate
        /// Of ``Moment/uptime``.
        let madeAt: UInt64
        let kid: String
    }

    /// What is to be signed, with the number of changes that made it.
    struct Contents {
        let members: [UInt8]
        let changes: UInt64
    }

    private let copy = Mutex<Copy?>(nil)
    private let type: String

    /// - Parameter type: `typ` of the JOSE header.
    init(type: String) { self.type = type }

    /// - Parameters:
    ///   - uri: `sub`, where the list is found; asked for only when the list is to be signed.
    ///   - changes: How many the list has seen; asked for only when the copy is older than a second.
    ///   - contents: The claims behind the common ones, as JSON members without braces.
    /// - Throws: ``SigningFailure``, ``KeyError``, and what `contents` throws.
    func list(
        _ uri: @autoclosure () -> [UInt8],
        terms: ListTerms,
        at moment: Moment,
        changes: () -> UInt64,
        contents: () throws -> Contents
    ) throws -> SignedList {
        try copy.withLock { copy in
            if let copy, Self.stands(copy, terms, moment, changes) { return copy.list }
            let contents = try contents()
            let earliest = copy?.issuedAt.advanced(by: 1) ?? moment.now
            let issuedAt = max(moment.now, earliest)
            let list = try sign(contents.members, uri(), terms: terms, at: issuedAt)
            copy = Copy(
                list: list,
                changes: contents.changes,
                issuedAt: issuedAt,
                madeAt: moment.uptime,
                kid: terms.ring.active[0].kid
            )
            return list
        }
    }

    private static func stands(
        _ copy: Copy,
        _ terms: ListTerms,
        _ moment: Moment,
        _ changes: () -> UInt64
    ) -> Bool {
        // Another loop may have read its clock a little before the copy was made.
        let age = moment.uptime > copy.madeAt ? moment.uptime - copy.madeAt : 0
        guard age >= second else { return true }
        return copy.changes == changes() && age < UInt64(max(1, terms.timeToLive)) * second
            && moment.now <= copy.issuedAt.advanced(by: Int64(terms.timeToLive))
            && terms.ring.verificationKey(copy.kid) != nil
    }

    private static let second: UInt64 = 1_000_000_000

    private func sign(
        _ members: [UInt8],
        _ uri: [UInt8],
        terms: ListTerms,
        at issuedAt: NumericDate
    ) throws -> SignedList {
        let key = terms.ring.active[0]
        var claims: [UInt8] = []
        claims.append(ascii: "{\"iss\":")
        JSONText.appendString(terms.issuer, to: &claims)
        claims.append(ascii: ",\"sub\":")
        JSONText.appendString(String(decoding: uri, as: UTF8.self), to: &claims)
        claims.append(ascii: ",\"iat\":")
        JSONText.appendInteger(issuedAt.seconds, to: &claims)
        claims.append(ascii: ",\"exp\":")
        JSONText.appendInteger(issuedAt.advanced(by: StatusTimes.listLifetime).seconds, to: &claims)
        claims.append(ascii: ",\"ttl\":")
        JSONText.appendInteger(Int64(terms.timeToLive), to: &claims)
        claims.append(ascii: ",")
        claims += members
        claims.append(ascii: "}")
        var jws = KnownHeaders.segment(algorithm: key.algorithm, type: type, kid: key.kid)
        jws.reserveCapacity(jws.count + claims.count * 4 / 3 + 400)
        Base64URL.append(claims, to: &jws)
        try SigningContext(key).signAppending(&jws)
        let tag = Base64URL.encode(Array(SHA256.hash(jws).bytes.prefix(12)))
        return SignedList(body: jws, entityTag: "\"\(String(decoding: tag, as: UTF8.self))\"")
    }
}
