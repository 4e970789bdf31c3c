import HTTPTypes
import Hummingbird
import HummingbirdTesting
import HummingbirdTokenVerifier
import NIOCore
import Testing
import TokenVerifier
import TokenVerifierTesting

@Suite("Documents over HTTP")
struct HTTPDocumentSourceTests {
    /// Serves what the issuer would, at the port that the system picks.
    private func serving(
        _ answer: @escaping @Sendable (String, Request) async throws -> Response,
        _ test: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        let router = Router()
        router.get("**") { request, _ in try await answer(request.uri.path, request) }
        try await Application(router: router).test(.live) { client in
            let port = try #require(client.port)
            try await test("http://localhost:\(port)")
        }
    }

    private func response(_ body: [UInt8], _ headers: HTTPFields = [:]) -> Response {
        Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// What a verifier says of a key set that is answered so: `made`, or why there is none.
    private func outcome(_ answer: @escaping @Sendable (Request) -> Response) async throws -> String {
        let probe = Probe()
        try await serving({ path, request in
            path == "/oauth2/jwks" ? answer(request) : Response(status: .notFound)
        }) { address in
            var configuration = VerifierConfiguration(issuer: address, audience: "a")
            configuration.revocation = .ignored
            do {
                _ = try await AccessTokenVerifier(configuration, documents: HTTPDocumentSource())
                await probe.set("made")
            } catch { await probe.set("\(error)") }
        }
        return await probe.result
    }

    private actor Probe {
        var result = ""
        func set(_ result: String) { self.result = result }
    }

    @Test
    func `a document is taken from an answer 200 only, without redirects, and within its bound`() async throws
    {
        let issuer = try TestIssuer()
        let keys = try await issuer.keys()
        #expect(try await outcome { _ in response(keys) } == "made")
        #expect(
            try await outcome { _ in Response(status: .internalServerError) }.hasSuffix("the answer is 500")
        )
        let redirect = try await outcome { _ in
            Response(status: .found, headers: [.location: "/elsewhere"])
        }
        #expect(redirect.hasSuffix("the answer is 302"))
        let large = try await outcome { _ in response([UInt8](repeating: 0x20, count: 100_000)) }
        #expect(large != "made")
        #expect(try await outcome { _ in Response(status: .notModified) } != "made")
    }

    @Test
    func `the entity tag is sent back, and 304 confirms the copy`() async throws {
        let issuer = try TestIssuer()
        let keys = try await issuer.keys()
        let seen = Seen()
        try await serving({ _, request in
            await seen.add(request.headers[.ifNoneMatch])
            guard request.headers[.ifNoneMatch] == nil else { return Response(status: .notModified) }
            return response(keys, [.eTag: "\"k\"", .cacheControl: "public, max-age=1"])
        }) { address in
            var configuration = VerifierConfiguration(issuer: address, audience: "a")
            configuration.revocation = .ignored
            let verifier = try await AccessTokenVerifier(configuration, documents: HTTPDocumentSource())
            #expect(await verifier.refresh())
            let following = Task { await verifier.follow() }
            try await Task.sleep(for: .milliseconds(2_500))
            following.cancel()
        }
        let tags = await seen.tags
        #expect(tags.first == .some(nil) && tags.dropFirst().allSatisfy { $0 == "\"k\"" })
        #expect(tags.count >= 3, "max-age is one second")
    }

    private actor Seen {
        var tags: [String?] = []
        func add(_ tag: String?) { tags.append(tag) }
    }
}

extension TestIssuer {
    struct NoDocument: Error {}

    /// Its key set, as a verifier would get it.
    fileprivate func keys() async throws -> [UInt8] {
        let answer = try await fetch(DocumentRequest(url: issuer + "/oauth2/jwks"))
        guard case .document(let bytes, _, _) = answer else { throw NoDocument() }
        return bytes
    }
}
