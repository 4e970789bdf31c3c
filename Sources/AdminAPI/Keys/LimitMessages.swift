package import OAuth
package import Primitives

/// The members `rate_limit` and `quota` of a key.
package enum LimitFields {
    static let rateLimit: FieldRule<RateLimit> = { value, pointer, mistakes in
        guard let object = object(value, pointer, ["requests", "seconds"], &mistakes) else { return nil }
        let requests = number(object, "requests", pointer, in: RateLimit.requestRange, &mistakes)
        let seconds = number(object, "seconds", pointer, in: RateLimit.secondRange, &mistakes)
        guard let requests, let seconds else { return nil }
        return RateLimit(requests: requests, seconds: seconds)
    }

    static let quota: FieldRule<TokenQuota> = { value, pointer, mistakes in
        guard let object = object(value, pointer, ["tokens", "period", "enforce"], &mistakes) else {
            return nil
        }
        let tokens = number(object, "tokens", pointer, in: TokenQuota.tokenRange, &mistakes)
        let words = TokenQuota.Period.allCases.map(\.rawValue)
        let period = FieldRules.one(of: words)(object["period"] ?? .null, "\(pointer)/period", &mistakes)
        var isEnforced: Bool? = true
        if let enforce = object["enforce"] {
            isEnforced = AnswerRules.bool(enforce, "\(pointer)/enforce", &mistakes)
        }
        guard let tokens, let period = period.flatMap({ TokenQuota.Period(rawValue: $0) }),
            let isEnforced
        else { return nil }
        return TokenQuota(tokens: tokens, period: period, isEnforced: isEnforced)
    }

    /// Applies a patch to what the key has (RFC 7396): what it does not name stays.
    ///
    /// - Throws: ``InvalidMessage`` when what comes out is no rate limit.
    package static func patched(
        _ old: RateLimit?,
        _ patch: Member<JSONObject>
    ) throws(InvalidMessage) -> RateLimit? {
        try patched(old, old?.json, patch, "/rate_limit", rateLimit)
    }

    /// - Throws: ``InvalidMessage`` when what comes out is no quota.
    package static func patched(
        _ old: TokenQuota?,
        _ patch: Member<JSONObject>
    ) throws(InvalidMessage) -> TokenQuota? {
        try patched(old, old?.json, patch, "/quota", quota)
    }

    private static func patched<Value>(
        _ old: Value?,
        _ oldJSON: JSONValue?,
        _ patch: Member<JSONObject>,
        _ pointer: String,
        _ rule: FieldRule<Value>
    ) throws(InvalidMessage) -> Value? {
        switch patch {
        case .absent: return old
        case .null: return nil
        case .value(let patch):
            var mistakes: [FieldMistake] = []
            let merged = (oldJSON?.object ?? JSONObject()).merged(with: patch)
            let value = rule(.object(merged), pointer, &mistakes)
            guard mistakes.isEmpty else { throw InvalidMessage(mistakes) }
            return value
        }
    }

    private static func object(
        _ value: JSONValue,
        _ pointer: String,
        _ names: [String],
        _ mistakes: inout [FieldMistake]
    ) -> JSONObject? {
        guard let object = FieldRules.object(value, pointer, &mistakes) else { return nil }
        for (name, _) in object.members where !names.contains(where: { bytesEqual($0, name) }) {
            mistakes.append(
                FieldMistake("\(pointer)/\(pointerToken(name))", "is not a member of this object")
            )
        }
        return object
    }

    private static func number(
        _ object: JSONObject,
        _ name: String,
        _ pointer: String,
        in range: ClosedRange<Int>,
        _ mistakes: inout [FieldMistake]
    ) -> Int? {
        if let value = object[name]?.integer, let number = Int(exactly: value), range.contains(number) {
            return number
        }
        mistakes.append(
            FieldMistake(
                "\(pointer)/\(name)",
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        )
        return nil
    }
}

extension RateLimit {
    package var json: JSONValue {
        .object(JSONObject([("requests", .integer(requests)), ("seconds", .integer(seconds))]))
    }

    /// Reads `100/60`, or with a unit `100/1m`.
    package init?(parsing text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, let requests = Self.number(parts[0]) else { return nil }
        let time = String(decoding: parts[1], as: UTF8.self)
        guard let seconds = Self.number(parts[1]) ?? TimeSpan(parsing: time).map({ Int($0.seconds) }) else {
            return nil
        }
        self.init(requests: requests, seconds: seconds)
    }

    /// As ``init(parsing:)`` reads it.
    package var text: String { "\(requests)/\(seconds)" }

    /// Digits only, at most ten of them.
    fileprivate static func number(_ digits: Substring.UTF8View) -> Int? {
        guard (1...10).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

extension TokenQuota {
    package var json: JSONValue {
        .object(
            JSONObject([
                ("tokens", .integer(tokens)), ("period", .string(period.rawValue)),
                ("enforce", .bool(isEnforced)),
            ])
        )
    }

    /// Reads `10000/day` or `10000/month`.
    package init?(parsing text: String, isEnforced: Bool = true) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, let tokens = RateLimit.number(parts[0]),
            let period = Period.allCases.first(where: { $0.rawValue.utf8.elementsEqual(parts[1]) })
        else { return nil }
        self.init(tokens: tokens, period: period, isEnforced: isEnforced)
    }
}
