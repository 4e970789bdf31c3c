package import AdminAPI
import Administration
import Primitives

/// What the admin API says, without its transport; every one is `Cache-Control: no-store`.
package struct AdminAnswer: Sendable {
    /// The HTTP status code.
    package var status: Int
    /// `nil` when there is no body.
    package var contentType: String?
    package var body: [UInt8]
    /// The path of what was created.
    package var location: String?
    /// The path and query of the next part of a list.
    package var next: String?
    /// What is shown, where that is one resource.
    var resource: JSONValue?
    /// The resource's `ETag`, where it has one.
    package var entityTag: String?
    /// Whether the request was done before, and this is what was answered then.
    package var isReplayed = false

    init(status: Int, contentType: String?, body: [UInt8], location: String?) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.location = location
    }

    static let noContent = AdminAnswer(status: 204, contentType: nil, body: [], location: nil)

    static func ok(_ json: JSONValue) -> AdminAnswer {
        var answer = AdminAnswer(
            status: 200,
            contentType: "application/json",
            body: json.serialized,
            location: nil
        )
        answer.resource = json
        return answer
    }

    /// - Parameter target: The new identifier or name, not yet percent-encoded.
    static func created(_ json: JSONValue, in collection: String, _ target: String) -> AdminAnswer {
        var answer = ok(json)
        answer.status = 201
        answer.location = "/admin/v1/\(collection)/\(PercentEncoding.encode(target))"
        return answer
    }

    /// What was answered to the same request before, without what is shown only once.
    ///
    /// - Parameter kept: `nil` where the answer had no body.
    static func replayed(_ kept: JSONValue?, of operation: AdminOperation) -> AdminAnswer {
        var answer = noContent
        if let kept {
            answer = ok(kept)
            let id = kept.object?["id"]?.string ?? kept.object?["name"]?.string
            let path = Route.all.first { bytesEqual($0.operation, operation.rawValue) }?.path
            if operation.rawValue.hasPrefix("create"), let id, let path {
                answer.status = operation == .createBackup ? 202 : 201
                answer.location = "\(path)/\(PercentEncoding.encode(id))"
            }
        }
        answer.isReplayed = true
        return answer
    }

    package static func problem(_ problem: Problem) -> AdminAnswer {
        AdminAnswer(
            status: problem.status,
            contentType: Problem.contentType,
            body: problem.json.serialized,
            location: nil
        )
    }
}
