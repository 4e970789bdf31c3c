import NIOCore

/// The contract and the page that shows it, made once.
enum Pages {
    static let openAPI: Answer = {
        var answer = Answer(status: 200, contentType: "application/yaml", body: PackageResources.openapi_yaml)
        answer.append("Cache-Control", "public, max-age=300")
        return answer
    }()

    static let documentation: Answer = {
        guard let page = try? DocumentationPage(openAPI: PackageResources.openapi_yaml) else {
            return Answer(status: 500, contentType: "text/plain; charset=utf-8")
        }
        var answer = Answer(status: 200, contentType: "text/html; charset=utf-8", body: page.html)
        answer.append("Cache-Control", "public, max-age=300")
        answer.append(
            "Content-Security-Policy",
            value: "default-src 'none'; style-src 'sha256-\(page.styleHash)'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'"
        )
        answer.append("X-Content-Type-Options", "nosniff")
        answer.append("Referrer-Policy", "no-referrer")
        return answer
    }()
}

extension ProtocolHandler {
    /// The first time a page is made, which takes longer than an event loop may.
    func answerPage(_ request: CollectedRequest, _ page: @escaping @Sendable () -> Answer) {
        let (handler, eventLoop) = (NIOLoopBound(self, eventLoop: loop.eventLoop), loop.eventLoop)
        Task {
            let answer = page()
            eventLoop.execute { handler.value.finish(answer) }
        }
    }
}
