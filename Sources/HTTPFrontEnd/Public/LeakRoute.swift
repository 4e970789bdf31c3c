import Administration
import AuthorizationServer
import Hummingbird
import HummingbirdCore
import JOSE
import Logging
import OAuth
import Primitives

/// Whose reports of leaked keys are believed: public keys by their identifiers.
package struct LeakReporters: Sendable {
    private let keys: [ByteString: VerificationKey]

    /// Reads the document that GitHub publishes at `https://api.github.com/meta/public_keys/secret_scanning`.
    ///
    /// - Returns: `nil` unless it has at least one key, and P-256 keys only.
    package init?(parsing document: [UInt8]) {
        guard let list = (try? JSONValue(parsing: document, maximumDepth: 8))?.object?["public_keys"]?.array,
            !list.isEmpty
        else { return nil }
        var keys: [ByteString: VerificationKey] = [:]
        for value in list {
            guard let object = value.object, let name = object["key_identifier"]?.string, !name.isEmpty,
                let key = object["key"]?.string.flatMap({ VerificationKey(p256: Array($0.utf8)) }),
                keys.updateValue(key, forKey: ByteString(name)) == nil
            else { return nil }
        }
        self.keys = keys
    }

    /// Whether the key of that name has signed exactly these bytes.
    package func verify(_ body: [UInt8], signature: String, by name: String) -> Bool {
        guard let key = keys[ByteString(name)], let bytes = Base64.decode(Array(signature.utf8)[...]) else {
            return false
        }
        return key.verify(der: bytes, over: body)
    }
}

/// `POST /leaks`: reports of leaked API keys, in the format of GitHub's secret scanning partner program.
///
/// The signature is looked at before anything else: nobody else learns whether a key is one of this server.
struct LeakRoute: Sendable {
    let parts: FrontEnd.Parts

    func respond(_ request: Request) async throws -> Response {
        let id = Array(request.requestID.utf8)
        func refuse(_ status: Int, _ words: String) -> Response {
            Response(ErrorShape.oauth.answer(status, words, requestID: id))
        }
        guard let reporters = parts.state.current.leakReporters else {
            return refuse(404, "this server takes no reports: see the setting leak_keys_file")
        }
        let body = Array(buffer: try await request.body.collect(upTo: 64 * 1024))
        let (names, signatures) = (
            request.headers.values(named: "github-public-key-identifier"),
            request.headers.values(named: "github-public-key-signature")
        )
        guard let name = names.first, let signature = signatures.first, names.count + signatures.count == 2,
            reporters.verify(body, signature: signature, by: name)
        else { return refuse(403, "the report must be signed by a key that this server knows") }
        guard let report = LeakReport(parsing: body) else {
            return refuse(400, "the report must be a JSON array of 1 to 100 objects with token and type")
        }
        let address = request.headers.values(named: RelayedHeader.clientAddress).first
            .flatMap { IPAddress(parsing: $0.utf8) }
        let feedback = try await parts.administration.revokeLeaked(
            report,
            by: .secretScanning(address: address, requestID: request.requestID),
            at: parts.clockGuard.judged(parts.clock.now)
        )
        for item in feedback where item.isOurs {
            parts.logger.warning("report_leak", metadata: ["request_id": "\(request.requestID)"])
        }
        var answer = Answer(
            status: 200,
            contentType: "application/json",
            body: LeakFeedback.json(feedback).serialized
        )
        answer.append("Cache-Control", "no-store")
        return Response(answer)
    }
}
