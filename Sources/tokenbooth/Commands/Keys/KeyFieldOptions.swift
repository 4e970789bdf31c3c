import AdminAPI
import ArgumentParser
import OAuth
import Primitives

/// The fields of a key that `create` and `update` share.
struct KeyFieldOptions: ParsableArguments {
    @Option(help: "What the key is for, in a few words.")
    var description: String?

    @Option(
        help: ArgumentHelp("Project, by id or name; default the project `default`.", valueName: "project")
    )
    var project: String?

    @Option(help: ArgumentHelp("`sub` of its tokens; default the key's id.", valueName: "subject"))
    var subject: String?

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp("A scope that it holds; repeat for more.", valueName: "scope")
    )
    var scopes: [String] = []

    @Option(
        name: .customLong("role"),
        help: ArgumentHelp("A role that it has, by id or name; repeat for more.", valueName: "role")
    )
    var roles: [String] = []

    @Option(
        name: .customLong("group"),
        help: ArgumentHelp("A group that it is in, by id or name; repeat for more.", valueName: "group")
    )
    var groups: [String] = []

    @Option(
        name: .customLong("audience"),
        help: ArgumentHelp(
            "An audience that its tokens may have; repeat for more; the first is the default.",
            valueName: "url"
        )
    )
    var audiences: [String] = []

    @Option(
        name: .customLong("grant-type"),
        help: ArgumentHelp(
            "client_credentials, token-exchange or refresh_token; repeat for more; default the first two.",
            valueName: "grant"
        )
    )
    var grantTypes: [String] = []

    @Option(
        name: .customLong("allowed-ip"),
        help: ArgumentHelp(
            "An address or range it may be used from; repeat for more; none for nowhere; default any.",
            valueName: "cidr"
        )
    )
    var allowedIPs: [String] = []

    @Option(
        name: .customLong("allowed-referrer"),
        help: ArgumentHelp(
            "Origin of a page it may be used from; repeat for more; none for no page; default any. Only browsers tell.",
            valueName: "origin"
        )
    )
    var allowedReferrers: [String] = []

    @Option(help: ArgumentHelp("Claims of its tokens, a JSON object.", valueName: "json"))
    var claims: String?

    @Option(help: ArgumentHelp("Seconds that its tokens live, 30 to 3600.", valueName: "seconds"))
    var accessTokenTtl: Int?

    @OptionGroup var limits: KeyLimitOptions

    @Option(help: ArgumentHelp("super_admin or admin.", valueName: "role"))
    var adminRole: String?

    @Option(
        name: .customLong("may-exchange"),
        help: ArgumentHelp(
            "A key or project whose access tokens it may exchange, by id; repeat for more.",
            valueName: "id"
        )
    )
    var mayExchange: [String] = []

    @Option(help: ArgumentHelp("Ends the key after this time: 45s, 30m, 12h, 90d, 2w.", valueName: "time"))
    var expiresIn: String?

    @Option(help: ArgumentHelp("Ends the key at this time, RFC 3339.", valueName: "time"))
    var expiresAt: String?

    func validate() throws {
        guard expiresIn == nil || expiresAt == nil else {
            throw ValidationError("Use one of --expires-in and --expires-at.")
        }
        guard expiresIn.map({ TimeSpan(parsing: $0) != nil }) ?? true else {
            throw ValidationError("--expires-in must be a number and a unit: 45s, 30m, 12h, 90d or 2w.")
        }
        _ = try (claimsObject(), addresses, referrers)
    }

    /// - Parameter now: Seconds since 1970.
    func fields(now: Int64) throws -> JSONObject {
        var fields = JSONObject()
        fields.add("description", description)
        fields.add("subject", subject)
        fields.add("scopes", list: scopes)
        fields.add("roles", list: roles)
        fields.add("groups", list: groups)
        fields.add("audiences", list: audiences)
        fields.add("grant_types", list: grantTypes.map(Self.grantType))
        fields.add("may_exchange", list: mayExchange)
        fields["allowed_ips"] = try addresses
        fields["allowed_referrers"] = try referrers
        fields["claims"] = try claimsObject()
        fields.add("access_token_ttl", accessTokenTtl)
        fields.add("admin_role", adminRole)
        limits.add(to: &fields)
        fields.add("expires_at", expiresAt)
        if let span = expiresIn.flatMap(TimeSpan.init(parsing:)) {
            fields.add("expires_at", NumericDate(now).advanced(by: span.seconds).rfc3339)
        }
        return fields
    }

    private var addresses: JSONValue? { get throws { try ClosableList.json(allowedIPs, "--allowed-ip") } }

    private var referrers: JSONValue? {
        get throws { try ClosableList.json(allowedReferrers, "--allowed-referrer") }
    }

    /// The short name of the command line, or whatever was written.
    private static func grantType(_ name: String) -> String {
        name.utf8.elementsEqual("token-exchange".utf8) ? GrantType.tokenExchange.rawValue : name
    }

    private func claimsObject() throws -> JSONValue? {
        guard let claims else { return nil }
        guard let value = try? JSONValue(parsing: Array(claims.utf8)), case .object = value else {
            throw ValidationError("--claims must be a JSON object, such as '{\"tier\":\"gold\"}'.")
        }
        return value
    }
}
