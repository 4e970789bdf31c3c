import Primitives

/// The list of revoked tokens as it was at one moment: all its parts.
struct RevocationCopy: Sendable {
    /// In their order; at least one.
    let parts: [RevocationPart]
    /// Those of the part that runs out first, since the beginning of the fetch of all.
    let times: ListTimes

    /// - Parameters:
    ///   - first: The first part.
    ///   - rest: The others in their order.
    ///   - confirmedAt: When the fetch of the first one began: milliseconds of ``Moment/uptime``.
    init(_ first: RevocationPart, _ rest: [RevocationPart], confirmedAt: Int64) {
        parts = [first] + rest
        let all = parts.map(\.times)
        times = ListTimes(
            issuedAt: first.times.issuedAt,
            expiresAt: all.map(\.expiresAt).min() ?? first.times.expiresAt,
            timeToLive: all.map(\.timeToLive).min() ?? first.times.timeToLive,
            confirmedAt: confirmedAt
        )
    }

    func contains(_ identifier: TokenIdentifier) -> Bool { parts.contains { $0.contains(identifier) } }
}

/// One signed part of the list of revoked tokens.
struct RevocationPart: Sendable {
    let address: String
    let entityTag: String?
    var times: ListTimes
    /// The address of the following part; `nil` in the last one.
    let next: RevocationAddress?
    /// Sorted.
    private let identifiers: [TokenIdentifier]

    /// - Parameters:
    ///   - position: Which part of how many; `nil` for the first one, which does not say.
    ///   - base: The address of the first part.
    init(
        _ list: SignedList,
        address: String,
        entityTag: String?,
        position: RevocationAddress?,
        base: String
    ) throws(DocumentFault) {
        guard let values = list.claims["jtis"]?.array else { throw DocumentFault("it has no jtis") }
        let identifiers = values.compactMap { $0.string.flatMap(TokenIdentifier.init) }
        guard identifiers.count == values.count else {
            throw DocumentFault("one of its jtis is not 128 bits")
        }
        next = try Self.next(list.claims["next"], after: position, base: base)
        self.identifiers = identifiers.sorted()
        self.address = address
        self.entityTag = entityTag
        times = list.times
    }

    /// Where `next` leads: to the part after this one, and nowhere else.
    private static func next(
        _ value: JSONValue?,
        after position: RevocationAddress?,
        base: String
    ) throws(DocumentFault) -> RevocationAddress? {
        guard let value else {
            guard position?.isLast ?? true else { throw DocumentFault("its last parts are missing") }
            return nil
        }
        guard let next = value.string.flatMap({ RevocationAddress(parsing: $0, base: base) }),
            next.index == (position?.index ?? 0) + 1, next.count == position?.count ?? next.count
        else { throw DocumentFault("its next is not the address of the following part") }
        guard next.count <= DocumentBounds.parts else {
            throw DocumentFault("it has more than \(DocumentBounds.parts) parts")
        }
        return next
    }

    func contains(_ identifier: TokenIdentifier) -> Bool {
        var low = 0
        var high = identifiers.count
        while low < high {
            let middle = low + (high - low) / 2
            if identifiers[middle] < identifier { low = middle + 1 } else { high = middle }
        }
        return low < identifiers.count && identifiers[low] == identifier
    }
}

/// The address of a part after the first: that of the list with `?part=1of2`.
struct RevocationAddress: Sendable {
    let text: String
    let index: Int
    let count: Int

    /// One spelling only.
    init?(parsing text: String, base: String) {
        let prefix = base + "?part="
        guard text.utf8.count <= prefix.utf8.count + 16, text.utf8.starts(with: prefix.utf8) else {
            return nil
        }
        let numbers = text.utf8.dropFirst(prefix.utf8.count).split(whereSeparator: {
            !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 2 else { return nil }
        (index, count) = (numbers[0], numbers[1])
        guard index > 0, index < count, bytesEqual(text, "\(prefix)\(index)of\(count)") else { return nil }
        self.text = text
    }

    var isLast: Bool { index == count - 1 }
}
