import Primitives

/// Fetches documents and checks them; keeps nothing.
struct DocumentLoader: Sendable {
    let configuration: VerifierConfiguration
    let source: any DocumentSource
    let clock: VerifierClock

    private var skew: Int64 { Int64(configuration.clockSkew) }

    /// - Throws: ``DocumentFault``, or whatever the source throws.
    func keySet(replacing old: KeySet?) async throws -> KeySet {
        let moment = clock.read()
        let answer = try await fetch(
            configuration.keySetAddress,
            "application/jwk-set+json, application/json",
            old?.entityTag,
            limit: DocumentBounds.keySet
        )
        switch answer {
        case .notModified(let maximumAge):
            guard let old else { throw DocumentFault.unasked }
            return old.confirmed(maximumAge: maximumAge, at: moment)
        case .document(let bytes, let entityTag, let maximumAge):
            return try KeySet(
                parsing: bytes,
                entityTag: entityTag,
                maximumAge: maximumAge,
                at: moment,
                configuration
            )
        }
    }

    func statusList(
        _ address: String,
        keySet: KeySet,
        replacing old: StatusListCopy?
    ) async throws -> StatusListCopy {
        let moment = clock.read()
        let answer = try await fetchList(address, "statuslist+jwt", old?.entityTag)
        switch answer {
        case .notModified:
            guard var copy = old else { throw DocumentFault.unasked }
            copy.times.confirmedAt = moment.uptime
            try copy.times.checkAge(at: clock.read().now, skew: skew)
            return copy
        case .document(let bytes, let entityTag, _):
            let list = try list(bytes, "statuslist+jwt", address, keySet, old?.times, at: moment)
            return try StatusListCopy(
                list,
                entityTag: entityTag,
                use: old?.use ?? UseMark(at: moment.uptime)
            )
        }
    }

    func revocations(keySet: KeySet, replacing old: RevocationCopy?) async throws -> RevocationCopy {
        let moment = clock.read()
        let first = try await part(nil, keySet: keySet, replacing: old)
        var rest: [RevocationPart] = []
        var next = first.next
        while let address = next {
            let part = try await part(address, keySet: keySet, replacing: old)
            rest.append(part)
            next = part.next
        }
        return RevocationCopy(first, rest, confirmedAt: moment.uptime)
    }

    private func part(
        _ position: RevocationAddress?,
        keySet: KeySet,
        replacing copy: RevocationCopy?
    ) async throws -> RevocationPart {
        let address = position?.text ?? configuration.revocationAddress
        let old = copy?.parts.first { bytesEqual($0.address, address) }
        let moment = clock.read()
        let answer = try await fetchList(address, "revocations+jwt", old?.entityTag)
        switch answer {
        case .notModified:
            guard var part = old else { throw DocumentFault.unasked }
            part.times.confirmedAt = moment.uptime
            try part.times.checkAge(at: clock.read().now, skew: skew)
            return part
        case .document(let bytes, let entityTag, _):
            return try RevocationPart(
                list(bytes, "revocations+jwt", address, keySet, old?.times, at: moment),
                address: address,
                entityTag: entityTag,
                position: position,
                base: configuration.revocationAddress
            )
        }
    }

    private func list(
        _ bytes: [UInt8],
        _ type: String,
        _ address: String,
        _ keySet: KeySet,
        _ previous: ListTimes?,
        at moment: Moment
    ) throws(DocumentFault) -> SignedList {
        // Its age counts from when the fetch began; what the issuer signed since is not from the future.
        let arrival = Moment(now: clock.read().now, uptime: moment.uptime)
        return try SignedList(
            parsing: bytes,
            type: type,
            address: address,
            keySet: keySet,
            previous: previous,
            at: arrival,
            configuration
        )
    }

    private func fetchList(
        _ address: String,
        _ type: String,
        _ entityTag: String?
    ) async throws -> FetchedDocument {
        try await fetch(address, "application/\(type)", entityTag, limit: DocumentBounds.list)
    }

    private func fetch(
        _ address: String,
        _ mediaType: String,
        _ entityTag: String?,
        limit: Int
    ) async throws -> FetchedDocument {
        let request = DocumentRequest(
            url: address,
            mediaType: mediaType,
            entityTag: entityTag,
            maximumBytes: limit
        )
        let seconds = configuration.fetchTimeout
        let answer = try await withThrowingTaskGroup(of: FetchedDocument?.self) { group in
            group.addTask { [source] in try await source.fetch(request) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let answer else { throw DocumentFault("no answer within \(seconds) s") }
        if case .document(let bytes, _, _) = answer, bytes.count > limit {
            throw DocumentFault("it is larger than \(limit) bytes")
        }
        return answer
    }
}

extension DocumentFault {
    /// 304 to a request that names no copy.
    fileprivate static var unasked: DocumentFault {
        DocumentFault("there is no copy that could be unchanged")
    }
}
