import Primitives

/// The metadata document (RFC 8414 §2): only what exists is named, and everything named works.
package struct AuthorizationServerMetadata: Sendable {
    package let issuer: String
    package let algorithms: [String]

    package init(issuer: String, algorithms: [String]) {
        self.issuer = issuer
        self.algorithms = algorithms
    }

    /// Serves as `oauth-authorization-server` and as `openid-configuration`.
    ///
    /// `response_types_supported` is required and may not be empty (RFC 8414 §2), so it says `none`; the
    /// subject types and the ID token algorithms stand there because some clients do not start without them.
    package var json: [UInt8] {
        JSONValue.object(
            JSONObject([
                ("issuer", .string(issuer)),
                ("token_endpoint", .string(issuer + "/oauth2/token")),
                ("revocation_endpoint", .string(issuer + "/oauth2/revoke")),
                ("introspection_endpoint", .string(issuer + "/oauth2/introspect")),
                ("jwks_uri", .string(issuer + "/oauth2/jwks")),
                ("status_list_aggregation_endpoint", .string(issuer + "/oauth2/status-lists")),
                ("revocation_list_endpoint", .string(issuer + "/oauth2/revocations")),
                ("service_documentation", .string(issuer + "/docs")),
                ("grant_types_supported", Self.array(GrantType.allCases.map(\.rawValue))),
                ("token_endpoint_auth_methods_supported", Self.methods),
                ("revocation_endpoint_auth_methods_supported", Self.methods),
                ("introspection_endpoint_auth_methods_supported", Self.methods),
                ("introspection_signing_alg_values_supported", Self.array(algorithms.prefix(1))),
                ("response_types_supported", Self.array(["none"])),
                ("subject_types_supported", Self.array(["public"])),
                ("id_token_signing_alg_values_supported", Self.array(algorithms)),
            ])
        ).serialized
    }

    private static let methods = array(["client_secret_basic", "client_secret_post"])

    private static func array(_ strings: some Sequence<String>) -> JSONValue {
        .array(strings.map { .string($0) })
    }
}
