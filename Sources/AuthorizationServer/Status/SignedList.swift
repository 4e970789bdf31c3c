import JOSE
package import OAuth
import Primitives
import Synchronization

/// A signed list as it goes out: a compact JWS, the same bytes for everyone until it is signed anew.
package final class SignedList: Sendable {
    /// How it is kept until then.
    enum Form: Sendable {
        case text([UInt8])
        /// In half the room, and written each time that somebody asks for it.
        case parts(header: [UInt8], claims: ListClaims, signature: [UInt8])
    }

    private let form: Form
    /// A strong entity tag of ``body``, quotes included (RFC 9110 §8.8.3).
    package let entityTag: String

    init(_ form: Form, entityTag: String) {
        self.form = form
        self.entityTag = entityTag
    }

    package var body: [UInt8] {
        switch form {
        case .text(let jws): return jws
        case .parts(let header, let claims, let signature):
            var jws = header
            claims.append(to: &jws, reserving: signature.count)
            jws += signature
            return jws
        }
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
        var claims: ListClaims
        let changes: UInt64
        /// Whether the list is kept as the text that goes out.
        var isKeptAsText = true
    }

    private let copy = Mutex<Copy?>(nil)
    private let type: String

    /// - Parameter type: `typ` of the JOSE header.
    init(type: String) { self.type = type }

    /// - Parameters:
    ///   - uri: `sub`, where the list is found; asked for only when the list is to be signed.
    ///   - changes: How many the list has seen; asked for only when the copy is older than a second.
    ///   - contents: The claims behind the common ones.
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
            let list = try sign(contents, uri(), terms: terms, at: issuedAt)
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
        _ contents: Contents,
        _ uri: [UInt8],
        terms: ListTerms,
        at issuedAt: NumericDate
    ) throws -> SignedList {
        let key = terms.ring.active[0]
        var claims = contents.claims
        claims.members = Self.commonMembers(uri, terms: terms, at: issuedAt) + claims.members
        let header = KnownHeaders.segment(algorithm: key.algorithm, type: type, kid: key.kid)
        var jws = header
        claims.append(to: &jws, reserving: 400)
        let signed = jws.count
        try SigningContext(key).signAppending(&jws)
        let tag = Base64URL.encode(Array(SHA256.hash(jws).bytes.prefix(12)))
        return SignedList(
            contents.isKeptAsText
                ? .text(jws) : .parts(header: header, claims: claims, signature: Array(jws[signed...])),
            entityTag: "\"\(String(decoding: tag, as: UTF8.self))\""
        )
    }

    private static func commonMembers(
        _ uri: [UInt8],
        terms: ListTerms,
        at issuedAt: NumericDate
    ) -> [UInt8] {
        var members: [UInt8] = []
        members.append(ascii: "\"iss\":")
        JSONText.appendString(terms.issuer, to: &members)
        members.append(ascii: ",\"sub\":")
        JSONText.appendString(String(decoding: uri, as: UTF8.self), to: &members)
        members.append(ascii: ",\"iat\":")
        JSONText.appendInteger(issuedAt.seconds, to: &members)
        members.append(ascii: ",\"exp\":")
        JSONText.appendInteger(issuedAt.advanced(by: StatusTimes.listLifetime).seconds, to: &members)
        members.append(ascii: ",\"ttl\":")
        JSONText.appendInteger(Int64(terms.timeToLive), to: &members)
        members.append(ascii: ",")
        return members
    }
}
