import Administration
import AuthorizationServer
import Foundation
import GRDB
import OAuth
import Primitives

extension StoreTransaction {
    private static let projectColumns = "id, name, policy, accessTokenLifetime, allowedAddresses, createdAt"

    package func project(_ id: ProjectID) throws -> ProjectRecord? {
        try first(
            "SELECT \(Self.projectColumns) FROM project WHERE id = ?",
            [id.ulid.stored],
            projectRecord(_:)
        )
    }

    package func project(named name: String) throws -> ProjectRecord? {
        try first("SELECT \(Self.projectColumns) FROM project WHERE name = ?", [name], projectRecord(_:))
    }

    /// In ascending order of `id`.
    package func projects(_ page: PageRequest) throws -> [ProjectRecord] {
        guard let after = try page.position(of: ProjectKind.self) else { return [] }
        return try all(
            "SELECT \(Self.projectColumns) FROM project WHERE id > ? ORDER BY id LIMIT ?",
            [after, page.limit],
            projectRecord(_:)
        )
    }

    package func countKeys(inProject id: ProjectID) throws -> Int {
        guard let number = try optionalNumber(ofProject: id) else { return 0 }
        return try count("SELECT count(*) FROM apiKey WHERE project = ?", [number])
    }

    /// No cached client can depend on a project that was not there.
    package func insert(_ project: ProjectRecord) throws {
        try execute(
            """
            INSERT INTO project (name, policy, accessTokenLifetime, allowedAddresses, createdAt, id)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            try arguments(of: project, policy: number(of: Policy(of: project)))
        )
    }

    package func update(_ project: ProjectRecord) throws {
        let before = try self.project(project.id)
        let old = try policyNumber(ofProject: project.id)
        let policy = try number(of: Policy(of: project))
        try execute(
            """
            UPDATE project SET name = ?, policy = ?, accessTokenLifetime = ?, allowedAddresses = ?, createdAt = ?
            WHERE id = ?
            """,
            try arguments(of: project, policy: policy)
        )
        if policy != old { try drop(policy: old) }
        if before.map(Self.seenByClients) != Self.seenByClients(project) { note(.everything) }
    }

    /// What a cached client has of its project: any other change lets the clients stay.
    private static func seenByClients(_ project: ProjectRecord) -> [ByteString?] {
        [
            project.defaultAudiences.first.map(ByteString.init),
            project.accessTokenLifetime.map { ByteString(String($0)) },
            project.allowedAddresses.map { ByteString($0.joined(separator: " ")) },
        ]
    }

    package func deleteProject(_ id: ProjectID) throws {
        let policy = try policyNumber(ofProject: id)
        try execute("DELETE FROM project WHERE id = ?", [id.ulid.stored])
        try drop(policy: policy)
        note(.everything)
    }

    private func arguments(of project: ProjectRecord, policy: Int64) throws -> StatementArguments {
        [
            try StoredText.checked(project.name), policy, project.accessTokenLifetime,
            try project.allowedAddresses.map(WordList.text), project.createdAt.seconds,
            project.id.ulid.stored,
        ]
    }

    private func projectRecord(_ row: StoredRow) throws -> ProjectRecord {
        let policy = try policy(row.integer(2))
        return ProjectRecord(
            id: try row.identifier(0),
            name: try row.text(1),
            defaultAudiences: policy.audiences,
            defaultScopes: policy.scopes,
            accessTokenLifetime: try row.optional(3) { Int(clamping: try row.integer($0)) },
            allowedAddresses: try row.optional(4) { WordList.words(try row.text($0)) },
            createdAt: try row.date(5)
        )
    }

    private func policyNumber(ofProject id: ProjectID) throws -> Int64 {
        let number = try first("SELECT policy FROM project WHERE id = ?", [id.ulid.stored]) {
            try $0.integer(0)
        }
        guard let number else { throw AdminRefusal.notFound("there is no such project") }
        return number
    }

    func number(ofProject id: ProjectID) throws -> Int64 {
        guard let number = try optionalNumber(ofProject: id) else {
            throw AdminRefusal.notFound("there is no such project")
        }
        return number
    }

    func optionalNumber(ofProject id: ProjectID) throws -> Int64? {
        try first("SELECT number FROM project WHERE id = ?", [id.ulid.stored]) { try $0.integer(0) }
    }
}

extension Policy {
    init(of project: ProjectRecord) {
        self.init(scopes: project.defaultScopes, audiences: project.defaultAudiences, grantTypes: [])
    }
}
