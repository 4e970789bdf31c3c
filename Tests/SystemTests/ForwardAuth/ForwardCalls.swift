import Testing

extension Booth {
    /// What a reverse proxy does before it lets a request through: its question, and the client's header fields.
    func forward(
        _ question: [(String, String)] = [],
        _ headers: [String] = [],
        audience: String? = Booth.audience,
        method: String = "GET"
    ) throws -> HTTPResponse {
        let parameters = (audience.map { [("audience", $0)] } ?? []) + question
        return try get("/forward-auth?" + TokenCall.form(parameters), method: method, headers: headers)
    }

    func forward(_ token: String, _ question: [(String, String)] = []) throws -> HTTPResponse {
        try forward(question, ["Authorization: Bearer \(token)"])
    }

    /// Names that other tests of the suite may have made already.
    func makeNames(roles: [String] = [], groups: [String] = []) throws {
        for (collection, names) in [("roles", roles), ("groups", groups)] {
            for name in names {
                let response = try admin("POST", collection, "{\"name\":\"\(name)\"}")
                #expect([201, 409].contains(response.status), "\(response.text)")
            }
        }
    }
}

/// What a proxy passes on of an answer.
struct ForwardedFields: Equatable {
    static let names = [
        "x-auth-client-id", "x-auth-subject", "x-auth-scope", "x-auth-roles", "x-auth-groups", "x-auth-token",
    ]

    let values: [[String]]

    init(_ response: HTTPResponse) { values = Self.names.map { response.values($0) } }

    init(_ values: [String]) { self.values = values.map { [$0] } }
}

/// A refusal without a body, whose challenge says what is wrong (RFC 6750 §3).
func expectRefused(
    _ response: HTTPResponse,
    _ status: Int,
    _ error: String?,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(response.status == status, "\(response.text)", sourceLocation: location)
    let challenge = response["www-authenticate"] ?? ""
    #expect(challenge.hasPrefix("Bearer realm=\"tokenbooth\""), "\(challenge)", sourceLocation: location)
    if let error {
        #expect(challenge.contains(", error=\"\(error)\", error_description=\""), sourceLocation: location)
    } else {
        #expect(challenge == "Bearer realm=\"tokenbooth\"", sourceLocation: location)
    }
    #expect(response.body.isEmpty && response["cache-control"] == "no-store", sourceLocation: location)
    #expect(ForwardedFields(response).values.allSatisfy { $0.isEmpty }, sourceLocation: location)
}
