import AuthorizationServer
import JOSE
import OAuth

/// The public documents that any client may cache: made when keys or settings change, then handed out.
struct Documents {
    let keySet: Answer
    let keySetUnchanged: Answer
    let keySetEntityTag: String
    let metadata: Answer

    init(_ state: ServiceState) {
        let caching = "public, max-age=\(state.jwksMaxAge)"
        keySetEntityTag = state.ring.entityTag
        var keySet = Answer(status: 200, contentType: "application/jwk-set+json", body: state.ring.jwks)
        var unchanged = Answer(status: 304)
        Self.finish(&keySet, caching, keySetEntityTag)
        Self.finish(&unchanged, caching, keySetEntityTag)
        self.keySet = keySet
        keySetUnchanged = unchanged

        let document = AuthorizationServerMetadata(
            issuer: state.issuer,
            algorithms: state.ring.active.map(\.algorithm.rawValue)
        )
        var metadata = Answer(status: 200, contentType: "application/json", body: document.json)
        Self.finish(&metadata, caching, nil)
        self.metadata = metadata
    }

    private static func finish(_ answer: inout Answer, _ caching: String, _ entityTag: String?) {
        answer.append("Cache-Control", value: caching)
        answer.append("Access-Control-Allow-Origin", "*")
        if let entityTag { answer.append("ETag", value: entityTag) }
    }

    func keySet(ifNoneMatch conditions: [String]) -> Answer {
        EntityTag.isKnown(keySetEntityTag, to: conditions) ? keySetUnchanged : keySet
    }
}
