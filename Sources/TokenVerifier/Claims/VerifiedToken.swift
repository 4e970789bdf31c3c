import OAuth
package import Primitives

/// An access token that was found good; only ``AccessTokenVerifier`` makes one.
public struct VerifiedToken: Sendable, CustomStringConvertible {
    /// `sub`: whom the token is about.
    public let subject: String
    /// `client_id`: the API key that it was issued to.
    public let clientID: String
    /// `aud`, in its order.
    public let audiences: [String]
    /// `scope`, split; empty for a token without.
    public let scopes: [String]
    /// `roles`; empty for a token without (RFC 9068 §2.2.3.1).
    public let roles: [String]
    /// `groups`; empty for a token without (RFC 9068 §2.2.3.1).
    public let groups: [String]
    /// `project`, when there is one.
    public let project: String?
    /// `jti`: no other token has it.
    public let tokenID: String
    /// `iat`, in seconds since 1970-01-01T00:00:00Z.
    public let issuedAt: Int64
    /// `exp`, in seconds since 1970-01-01T00:00:00Z.
    public let expiresAt: Int64
    /// `sub` of each `act`, whoever acts now first (RFC 8693 §4.1); empty when the subject acts itself.
    public let actors: [String]
    /// All claims as they were signed: JSON, in bytes.
    public let payload: [UInt8]

    let identifier: TokenIdentifier
    private let claims: JSONObject

    init(
        _ claims: SignedClaims,
        audiences: [String],
        dates: (issuedAt: Int64, expiresAt: Int64)
    ) throws(TokenRefusal) {
        subject = try claims.text("sub")
        clientID = try claims.text("client_id")
        self.audiences = audiences
        scopes = try claims.scopes()
        roles = try claims.names("roles")
        groups = try claims.names("groups")
        project = try claims.optionalText("project")
        tokenID = try claims.text("jti")
        guard let identifier = TokenIdentifier(tokenID) else { throw .malformed("jti is not 128 bits") }
        self.identifier = identifier
        issuedAt = dates.issuedAt
        expiresAt = dates.expiresAt
        actors = try claims.actors()
        try claims.refuseBinding()
        payload = claims.payload
        self.claims = claims.object
    }

    /// The claim of that name, compared as bytes; what an API key was given as `claims` is among them.
    public subscript(_ name: String) -> ClaimValue? { claims[name].map { ClaimValue($0) } }

    /// Names the token by its `jti`.
    public var description: String { "VerifiedToken(\(tokenID))" }
}

/// The value of a claim.
public indirect enum ClaimValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// An exact integer of 64 bits.
    case integer(Int64)
    /// Any other number, as it was written.
    case number(String)
    /// A text.
    case string(String)
    /// An array.
    case array([ClaimValue])
    /// An object: its members in their order, each name once.
    case object([(name: String, value: ClaimValue)])

    init(_ value: JSONValue) {
        self =
            switch value {
            case .null: .null
            case .bool(let bool): .bool(bool)
            case .number(let number): number.integer.map { .integer($0) } ?? .number(number.text)
            case .string(let string): .string(string)
            case .array(let elements): .array(elements.map { ClaimValue($0) })
            case .object(let object):
                .object(object.members.map { (name: $0.name, value: ClaimValue($0.value)) })
            }
    }

    /// The text, if it is one.
    public var string: String? { if case .string(let string) = self { string } else { nil } }

    /// The number, if it is an exact integer of 64 bits.
    public var integer: Int64? { if case .integer(let integer) = self { integer } else { nil } }

    /// The truth value, if it is one.
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }

    /// The elements, if it is an array.
    public var array: [ClaimValue]? { if case .array(let array) = self { array } else { nil } }

    /// The member of that name, compared as bytes, if it is an object that has one.
    public subscript(_ name: String) -> ClaimValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { bytesEqual($0.name, name) }?.value
    }
}

extension ClaimValue {
    /// As it is written.
    package var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .integer(let integer): .number(JSONNumber(integer))
        case .number(let text): (try? JSONValue(parsing: Array(text.utf8))) ?? .null
        case .string(let string): .string(string)
        case .array(let elements): .array(elements.map(\.json))
        case .object(let members): .object(JSONObject(members.map { ($0.name, $0.value.json) }))
        }
    }
}
