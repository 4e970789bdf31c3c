import OAuth
import Synchronization

/// Lets keys that hold the same share one ``ClientPolicy``.
final class PolicyTable: Sendable {
    /// Everything of a record that goes into its policy.
    private struct Content: Hashable {
        let project: ProjectID
        let grantTypes: Set<GrantType>
        let scopes: [String]
        let roles: [RoleGrant]
        let groups: [String]
        let audiences: [AudienceRecord]
        let projectDefaultAudience: AudienceRecord?
        let claims: [UInt8]
        let accessTokenLifetime: Int?
        let allowedAddresses: AddressList?
        let projectAllowedAddresses: AddressList?
        let allowedReferrers: ReferrerList?
        let mayExchange: [String]

        init(_ record: ClientRecord) {
            project = record.project
            grantTypes = record.grantTypes
            scopes = record.scopes
            roles = record.roles
            groups = record.groups
            audiences = record.audiences
            projectDefaultAudience = record.projectDefaultAudience
            claims = record.claims
            accessTokenLifetime = record.accessTokenLifetime
            allowedAddresses = record.allowedAddresses
            projectAllowedAddresses = record.projectAllowedAddresses
            allowedReferrers = record.allowedReferrers
            mayExchange = record.mayExchange
        }
    }

    private let issuer: String
    private let policies = Mutex<[Content: ClientPolicy]>([:])

    /// Past this many the table starts anew: keys already cached keep theirs, new ones share less.
    private static let capacity = 16_384

    init(issuer: String) { self.issuer = issuer }

    func policy(for record: ClientRecord) -> ClientPolicy {
        let content = Content(record)
        return policies.withLock { policies in
            if let policy = policies[content] { return policy }
            let policy = ClientPolicy(record, issuer: issuer)
            if policies.count >= Self.capacity { policies.removeAll() }
            policies[content] = policy
            return policy
        }
    }
}
