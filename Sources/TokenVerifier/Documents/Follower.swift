import Primitives

/// Fetches documents when they are due or lacking: each at most once at a time, and not too often.
package actor Follower {
    private let loader: DocumentLoader
    private let snapshot: SharedSnapshot
    private var flights: [DocumentName: Task<Bool, Never>] = [:]
    /// When the last fetch of each began: milliseconds of ``Moment/uptime``.
    private var attempts: [DocumentName: Int64]

    init(loader: DocumentLoader, snapshot: SharedSnapshot) {
        self.loader = loader
        self.snapshot = snapshot
        attempts = [.keySet: snapshot.current.keySet.confirmedAt]
    }

    /// Milliseconds between two fetches because of tokens: whoever makes up `kid`s causes no more (RFC 8725 §3.10).
    private static func interval(_ document: DocumentName) -> Int64 { document == .keySet ? 10_000 : 1_000 }
    /// Milliseconds between two fetches of a document that is due and cannot be had.
    private static let retry: Int64 = 1_000

    private var uptime: Int64 { loader.clock.read().uptime }

    /// Gets a document that a token needs, or waits for whoever is getting it already.
    ///
    /// - Returns: Whether it was had; `false` also when it was tried a moment ago.
    package func obtain(_ document: DocumentName) async -> Bool {
        if let flight = flights[document] { return await flight.value }
        if let last = attempts[document], uptime - last < Self.interval(document) { return false }
        return await launch(document).value
    }

    /// Gets everything anew.
    package func refreshAll() async -> Bool {
        // The keys first, for they sign the rest.
        var isComplete = await (flights[.keySet] ?? launch(.keySet)).value
        let others = dueTimes().map(\.document).filter { $0 != .keySet }
        for flight in others.map({ flights[$0] ?? launch($0) }) {
            let isHad = await flight.value
            isComplete = isComplete && isHad
        }
        return isComplete
    }

    /// Begins to fetch what is due, without waiting for it.
    ///
    /// - Returns: Milliseconds until something may be due again, 1 to 1000.
    package func refreshDue() -> Int64 {
        dropIdleLists()
        let now = uptime
        var next: Int64 = 1000
        for (document, dueAt) in dueTimes() where flights[document] == nil {
            let start = max(dueAt, attempts[document].map { $0 + Self.retry } ?? dueAt)
            if start <= now { _ = launch(document) } else { next = min(next, start - now) }
        }
        return max(next, 1)
    }

    /// Waits for every fetch that is under way.
    package func settle() async {
        for flight in flights.values { _ = await flight.value }
    }

    private func dueTimes() -> [(document: DocumentName, dueAt: Int64)] {
        let known = snapshot.current
        var times: [(document: DocumentName, dueAt: Int64)] = [(.keySet, known.keySet.dueAt)]
        guard loader.configuration.revocation != .ignored else { return times }
        times.append((.revocations, known.revocations?.times.dueAt ?? .min))
        for (address, list) in known.statusLists { times.append((.statusList(address), list.times.dueAt)) }
        return times
    }

    private func launch(_ document: DocumentName) -> Task<Bool, Never> {
        attempts[document] = uptime
        let flight = Task {
            let isHad = await load(document)
            flights[document] = nil
            return isHad
        }
        flights[document] = flight
        return flight
    }

    private func load(_ document: DocumentName) async -> Bool {
        do {
            do { try await fetch(document) } catch let fault as DocumentFault where fault.hasUnknownKey {
                guard document != .keySet, await obtain(.keySet) else { throw fault }
                try await fetch(document)
            }
            return true
        } catch {
            loader.configuration.onFault(address(of: document), DocumentFault(error).reason)
            return false
        }
    }

    private func fetch(_ document: DocumentName) async throws {
        let known = snapshot.current
        switch document {
        case .keySet:
            let keySet = try await loader.keySet(replacing: known.keySet)
            snapshot.update { $0.keySet = keySet }
        case .revocations:
            let copy = try await loader.revocations(keySet: known.keySet, replacing: known.revocations)
            snapshot.update { $0.revocations = copy }
        case .statusList(let address):
            let copy = try await loader.statusList(
                address.string,
                keySet: known.keySet,
                replacing: known.statusLists[address]
            )
            snapshot.update { known in
                known.statusLists[address] = copy
                if known.statusLists.count > DocumentBounds.statusLists { known.dropLeastUsedList() }
            }
        }
    }

    private func address(of document: DocumentName) -> String {
        switch document {
        case .keySet: loader.configuration.keySetAddress
        case .revocations: loader.configuration.revocationAddress
        case .statusList(let address): address.string
        }
    }

    private func dropIdleLists() {
        let earliest = uptime - DocumentBounds.idle * 1000
        let isIdle = snapshot.current.statusLists.contains { $0.value.use.lastUse < earliest }
        if isIdle {
            snapshot.update { known in
                known.statusLists = known.statusLists.filter { $0.value.use.lastUse >= earliest }
            }
        }
        if attempts.count > 2 * DocumentBounds.statusLists {
            attempts = attempts.filter { $0.key == .keySet || $0.value >= earliest }
        }
    }
}

extension Snapshot {
    fileprivate mutating func dropLeastUsedList() {
        let oldest = statusLists.min { $0.value.use.lastUse < $1.value.use.lastUse }
        if let oldest { statusLists[oldest.key] = nil }
    }
}
