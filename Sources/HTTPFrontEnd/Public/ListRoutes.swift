import AuthorizationServer
import Logging
import NIOCore
import NIOHTTP1
import Primitives

/// The signed lists, handed out on the event loop (draft-ietf-oauth-status-list §8).
extension ProtocolHandler {
    func answerStatusList(_ request: CollectedRequest) {
        if let refusal = statusQueryRefusal(request) { return finish(refusal) }
        let path = request.path.utf8
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let id = slash.flatMap { StatusListID(text: Array(path[path.index(after: $0)...])) }
        answerList(request, contentType: "application/statuslist+jwt") { publisher, terms, moment in
            guard let id else { return nil }
            return try publisher.statusList(id, terms: terms, at: moment)
        }
    }

    func answerStatusLists(_ request: CollectedRequest) {
        if let refusal = statusQueryRefusal(request) { return finish(refusal) }
        var answer = Answer(
            status: 200,
            contentType: "application/json",
            body: loop.lists.aggregation(issuer: loop.state.issuer)
        )
        ListAnswers.describe(&answer)
        finish(answer)
    }

    func answerRevocations(_ request: CollectedRequest) {
        let query = request.query
        let part = query.flatMap { RevocationPart(query: $0.utf8) }
        guard query == nil || part != nil else {
            return finish(
                listener.shape.answer(
                    400,
                    "the query must be that of a list's next member",
                    requestID: request.id
                )
            )
        }
        answerList(request, contentType: "application/revocations+jwt") { publisher, terms, moment in
            try publisher.revocations(part, terms: terms, at: moment)
        }
    }

    /// What a list was at another time is not kept (draft-ietf-oauth-status-list §8.4).
    private func statusQueryRefusal(_ request: CollectedRequest) -> Answer? {
        guard let query = request.query else { return nil }
        let names = query.utf8.split(separator: UInt8(ascii: "&")).map {
            $0.split(separator: UInt8(ascii: "=")).first
        }
        let asksForTime = names.contains { $0?.elementsEqual("time".utf8) == true }
        return asksForTime
            ? listener.shape.answer(
                501,
                "a status list is only served as it is now: leave time out",
                requestID: request.id
            )
            : listener.shape.answer(
                400,
                "a status list has no parameters: leave the query out",
                requestID: request.id
            )
    }

    private func answerList(
        _ request: CollectedRequest,
        contentType: StaticString,
        _ list: (ListPublisher, ListTerms, Moment) throws -> SignedList?
    ) {
        // A verifier refuses a list that says it is older than the one it has, also after a restart.
        let moment = Moment(now: loop.judgedNow, uptime: NIODeadline.now().uptimeNanoseconds)
        do {
            guard let list = try list(loop.lists, loop.listTerms, moment) else {
                return finish(
                    listener.shape.answer(
                        404,
                        "there is no such list: begin again at the first",
                        requestID: request.id
                    )
                )
            }
            let isKnown = EntityTag.isKnown(list.entityTag, to: request.start.fields.ifNoneMatch.all)
            var answer =
                isKnown ? Answer(status: 304) : Answer(status: 200, contentType: contentType, body: list.body)
            ListAnswers.describe(&answer)
            // Quotes and base64url: nothing that could end the line.
            answer.fields.append(ascii: "ETag: ")
            answer.fields.append(utf8: list.entityTag)
            answer.fields.append(ascii: "\r\n")
            finish(answer)
        } catch is ListPublisher.NotLoaded {
            finish(
                listener.shape.answer(
                    503,
                    "the revoked tokens are still being read, as after every start: ask again in a second",
                    requestID: request.id
                )
            )
        } catch {
            loop.logger.error(
                "list not signed",
                metadata: [
                    "request_id": "\(String(decoding: request.id, as: UTF8.self))", "reason": "\(error)",
                ]
            )
            finish(
                listener.shape.answer(
                    503,
                    "the list cannot be signed now: try again shortly",
                    requestID: request.id
                )
            )
        }
    }
}

private enum ListAnswers {
    /// Any page may read it; a cache asks each time whether it is still the one (RFC 9111 §5.2.2.4).
    static func describe(_ answer: inout Answer) {
        answer.fields.append(ascii: "Cache-Control: no-cache\r\nAccess-Control-Allow-Origin: *\r\n")
    }
}
