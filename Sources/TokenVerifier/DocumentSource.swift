/// How a verifier gets the issuer's documents; HTTP itself is not its business.
public protocol DocumentSource: Sendable {
    /// Gets one document, without following redirects.
    ///
    /// It ends when its task is cancelled, which happens after ``VerifierConfiguration/fetchTimeout``.
    ///
    /// - Throws: Anything, when the answer is neither the document (200) nor that it is unchanged (304).
    func fetch(_ request: DocumentRequest) async throws -> FetchedDocument
}

/// A document that a verifier asks for.
public struct DocumentRequest: Sendable {
    /// Always below the issuer; nothing in a token or a document leads elsewhere.
    public let url: String
    /// The value of `Accept`.
    public let mediaType: String
    /// The value of `If-None-Match`: the entity tag of the copy that is known, quotes included.
    public let entityTag: String?
    /// Bytes; what is longer need not be read to its end, for it is refused.
    public let maximumBytes: Int

    /// A request, as a verifier makes it; for the tests of a ``DocumentSource``.
    public init(url: String, mediaType: String = "*/*", entityTag: String? = nil, maximumBytes: Int = 4 << 20)
    {
        self.url = url
        self.mediaType = mediaType
        self.entityTag = entityTag
        self.maximumBytes = maximumBytes
    }
}

/// The answer to a ``DocumentRequest``.
public enum FetchedDocument: Sendable {
    /// The document.
    ///
    /// - Parameters:
    ///   - bytes: The body.
    ///   - entityTag: The value of `ETag`, quotes included.
    ///   - maximumAge: `max-age` of `Cache-Control` in seconds; `nil` when it is not there.
    case document(_ bytes: [UInt8], entityTag: String?, maximumAge: Int?)
    /// The copy whose entity tag was sent is still the document.
    case notModified(maximumAge: Int?)
}
